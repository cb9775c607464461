-- Each kind of job looks for its own due ones: without the kind in the index, a backlog of one kind is walked through by
-- all the others, again and again.
CREATE INDEX jobs_by_kind ON jobs (state, kind, due);
DROP INDEX jobs_by_due;
