"""`dienhong verify` on a whole seeded Assembly, clean and after somebody wrote behind the journal's back."""

import shutil
import sqlite3

import pytest

from conftest import Program


def test_a_seeded_assembly_verifies_on_both_engines(demo):
    done = demo.run("verify", "--quiet")
    assert "everything is as it was recorded" in done.stdout


@pytest.fixture
def copy(demo, engine, tmp_path):
    if engine != "sqlite":
        pytest.skip("the copy is made of SQLite's file; tampering on PostgreSQL is tested beside the journal")
    with sqlite3.connect(demo.data / "dienhong.sqlite") as source, sqlite3.connect(tmp_path / "dienhong.sqlite") as target:
        source.backup(target)
    shutil.copytree(demo.data / "blobs", tmp_path / "blobs")
    for name in ("master.key", "tree.key"):
        shutil.copy(demo.data / name, tmp_path / name)
    return Program(tmp_path, f"sqlite:{tmp_path / 'dienhong.sqlite'}")


def test_a_changed_projection_is_found_and_named(copy):
    with sqlite3.connect(copy.data / "dienhong.sqlite") as db:
        db.execute("UPDATE person SET name = 'Nguyễn Văn X' WHERE id = 'db-001'")
    done = copy.run("verify", "--quiet", check=False)
    assert done.returncode != 0 and "person" in done.stdout and "db-001" in done.stdout, done.stdout + done.stderr


def test_a_changed_paper_is_found_and_named(copy):
    blob = max((p for p in (copy.data / "blobs").rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    data = bytearray(blob.read_bytes())
    data[len(data) // 2] ^= 1
    blob.chmod(0o600)
    blob.write_bytes(data)
    done = copy.run("verify", "--quiet", check=False)
    assert done.returncode != 0 and blob.name[:16] in done.stdout.replace("/", ""), done.stdout + done.stderr


def test_a_changed_byte_of_the_database_file_is_found(copy):
    file = copy.data / "dienhong.sqlite"
    db = sqlite3.connect(file)
    db.execute("VACUUM")  # so that no page keeps leavings of what once stood there
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    whole = file.read_bytes()
    name = b"person:db-003"
    places = [at for at in range(len(whole)) if whole.startswith(name, at)]
    assert len(places) > 10
    for place in places[:: max(1, len(places) // 6)]:
        changed = bytearray(whole)
        changed[place + 7] = ord("e")
        for leaving in ("-wal", "-shm"):
            file.with_name(file.name + leaving).unlink(missing_ok=True)
        file.write_bytes(changed)
        done = copy.run("verify", "--quiet", check=False)
        assert done.returncode != 0 and "FOUND" in done.stdout, f"byte {place}: {done.stdout}{done.stderr}"
