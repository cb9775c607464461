"""SIGKILL under load: the whole server is killed at random moments while people work at the pages, and started again
with nothing in between. DIENHONG_KILLS says how often; `make kill-test` kills a hundred times.
"""

import itertools
import os
import queue
import random
import re
import shutil
import statistics
import threading
import time

import pytest

import work
from conftest import seeded
from load import Carrier, Clerk, Drafter, Ledger, Opener, Patient, PatientStaff, register_faults, register_numbers
from load import missing_versions
from people import Staff

KILLS = int(os.environ.get("DIENHONG_KILLS", "5"))
SEED = int(os.environ.get("DIENHONG_SEED", "1284"))
SPEED = 10  # the clock runs fast, so that a code of the second factor is new every three seconds
NOBODY = "0" * 26


@pytest.fixture
def program(engine, tmp_path_factory, request):
    program = seeded(engine, tmp_path_factory, request, "kill", "--bare", speed=SPEED)
    program.start()
    yield program
    program.kill()


def crew(program, ledger: Ledger, ending: threading.Event) -> list:
    """Nine clients: four who open cases, three of them to draft in; one line of people who carry cases on; three clerks."""
    staff, waiting = PatientStaff(program), queue.Queue()
    units = ["vu-chuyen-doi-so", "vu-tong-hop", "vu-thu-ky", "vu-thong-tin", "vu-doi-ngoai"]
    kinds = [Opener, Opener, Drafter, Drafter, Drafter]
    writers = [
        kind(staff(f"expert@{unit}"), unit, f"{kind.__name__.lower()}{n}", ledger, ending)
        for n, (kind, unit) in enumerate(zip(kinds, units))
    ]
    clerks = [Clerk(p, waiting, f"clerk{n}", ledger, ending) for n, p in enumerate(staff.all("clerk@vu-hanh-chinh"))]
    return [*writers, Carrier(work.Line(staff), waiting, "carrier", ledger, ending), *clerks]


def test_nothing_acknowledged_is_lost_when_the_program_is_killed_under_load(program, engine):
    Patient.resent = itertools.count()
    ledger, ending, chance = Ledger(f"tai{random.Random(SEED).randrange(10**6)}"), threading.Event(), random.Random(SEED)
    reader = Staff(program)("auditor@")
    workers = crew(program, ledger, ending)
    for worker in workers:
        worker.start()
    lost, restarts, before = [], [], ledger.copy()
    try:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.2, 1.5))
            program.kill()
            told = ledger.copy()  # whoever is answered after this was not answered before the kill
            begun = time.monotonic()
            program.start()
            restarts.append(time.monotonic() - begun)
            lost += told.since(before).lost(reader)
            lost += register_faults(register_numbers(reader))
            before = told
    finally:
        ending.set()
        for worker in workers:
            worker.join(timeout=240)
    assert not any(w.is_alive() for w in workers), "a client still waits for its answer"
    lost += ledger.lost(reader)
    doubled = ledger.doubled(reader)
    numbers = register_numbers(reader)
    program.kill()
    verified = program.run("verify", "--quiet", check=False)
    print(f"\n{engine}: {KILLS} kills; {ledger.acts()} acknowledged acts ({len(ledger.opened)} cases, "
          f"{sum(map(len, ledger.versions.values()))} versions, {sum(ledger.moved.values())} steps, "
          f"{len(ledger.numbered)} numbers); {next(Patient.resent)} requests sent again; lost {len(lost)}; "
          f"restart median {statistics.median(restarts):.2f} s, longest {max(restarts):.2f} s",
          *ledger.odd[:10], *doubled[:10], sep="\n")
    assert lost == []
    assert ledger.odd == []
    assert doubled == []
    assert register_faults(numbers) == [] and len(numbers) == len(ledger.numbered) > 0, (numbers, ledger.numbered)
    assert sorted(int(re.match(r"\d+", n).group()) for n in ledger.numbered.values()) == sorted(numbers)
    assert verified.returncode == 0, verified.stdout[-3000:] + verified.stderr[-2000:]
    assert ledger.acts() > KILLS * 5, "there was hardly any load"


def test_the_bookkeeping_finds_what_was_never_kept(program):
    staff = Staff(program)
    expert, reader = staff(work.EXPERT), staff("auditor@")
    ledger = Ledger("that")
    case = work.open_case(expert, "Hồ sơ that 1")
    work.write(expert, case, "nghi-quyet", "Văn bản.")
    document = work.documents(expert, case)["nghi-quyet"]["id"]
    expert.post(work.revision(expert, document, "Khác.", "lần 1"))
    ledger.opened[case], ledger.versions[document] = "Hồ sơ that 1", ["lần 1"]
    assert ledger.lost(reader) == [] and ledger.doubled(reader) == []
    for wrong in (
        Ledger("that", opened={f"case-{NOBODY}": "Hồ sơ that 2"}),
        Ledger("that", opened={case: "Hồ sơ that 2"}),
        Ledger("that", opened=dict(ledger.opened), moved={case: 1}),
        Ledger("that", versions={document: ["lần 1", "lần 2"]}),
        Ledger("that", numbered={document: None}),
        Ledger("that", numbered={f"document-{NOBODY}": "1336/NQ-UBTVQH15"}),
    ):
        assert len(wrong.lost(reader)) == 1, wrong
    assert len(Ledger("that").doubled(reader)) == 1
    assert missing_versions(["lần 1"], ["lần 1", "lần 1"], "document")
    assert register_faults([1336, 1337, 1338]) == [] and register_faults([]) == []
    assert register_faults([1336, 1338]) and register_faults([1336, 1337, 1337])


def test_an_act_that_is_really_lost_is_reported(program, engine, tmp_path):
    if engine != "sqlite":
        pytest.skip("the older state is a copy of SQLite's files")
    staff = Staff(program)
    expert, reader = staff(work.EXPERT), staff("auditor@")
    program.kill()
    files = [p for p in program.data.iterdir() if p.name.startswith("dienhong.sqlite")]
    for file in files:
        shutil.copy(file, tmp_path / file.name)
    program.start()
    title = "Hồ sơ sẽ mất"
    ledger = Ledger("mất", opened={work.open_case(expert, title): title})
    assert ledger.lost(reader) == []
    program.kill()
    for file in program.data.glob("dienhong.sqlite*"):
        file.unlink()
    for file in files:
        shutil.copy(tmp_path / file.name, file)
    program.start()
    assert len(ledger.lost(reader)) == 1
