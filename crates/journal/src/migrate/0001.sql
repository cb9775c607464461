-- How many acts there are, and the shape of the projections (see rebuild.rs). One row, locked by every writer.
CREATE TABLE journal_head (id {int} NOT NULL PRIMARY KEY, position {int} NOT NULL, shape {text} NOT NULL){strict};
INSERT INTO journal_head (id, position, shape) VALUES (1, 0, '');

-- The acts. `envelope` is the canonical JSON that the hash covers; stream, version, kind and at repeat what it says.
-- hash = SHA-256(prev || envelope), both hashes as 32 raw bytes there and as hexadecimal text here.
CREATE TABLE acts (
    position {int} NOT NULL, stream {text} NOT NULL, version {int} NOT NULL, kind {text} NOT NULL, at {int} NOT NULL,
    envelope {text} NOT NULL, prev {text} NOT NULL, hash {text} NOT NULL, {acts_key}
){strict};
{acts_index}

-- Erasable content. The envelope's commitment is SHA-256(salt || data), the salt as its 32 raw bytes.
CREATE TABLE private (
    stream {text} NOT NULL, version {int} NOT NULL, salt {text} NOT NULL, data {text} NOT NULL,
    PRIMARY KEY (stream, version)
){rowless};

-- The Merkle log over the acts in the order of their positions. Only every fourth level of complete subtrees is
-- stored (see seal.rs); level 0 are the leaves, which follow from the acts.
CREATE TABLE tree_nodes (
    level {int} NOT NULL, place {int} NOT NULL, hash {text} NOT NULL, PRIMARY KEY (level, place)
){rowless};
CREATE TABLE tree_heads (
    size {int} NOT NULL PRIMARY KEY, root {text} NOT NULL, at {int} NOT NULL, key_id {text} NOT NULL,
    signature {text} NOT NULL
){strict};

-- Work that follows from acts. state: waiting, running, done, dead. `due`: not before this time, or the lease's end.
CREATE TABLE jobs (
    kind {text} NOT NULL, job_key {text} NOT NULL, payload {text} NOT NULL, state {text} NOT NULL,
    attempts {int} NOT NULL, due {int} NOT NULL, enqueued {int} NOT NULL, error {text},
    PRIMARY KEY (kind, job_key)
){strict};
CREATE INDEX jobs_by_due ON jobs (state, due);

-- The projections as they were built last: a hash over name, version and tables, and the names of the tables.
CREATE TABLE journal_projections (name {text} NOT NULL PRIMARY KEY, shape {text} NOT NULL, tables {text} NOT NULL){strict};
