"""Clerks who give numbers at the same moment through the running program: no gap, no double.

A number is given only together with the body's seal, and the seal wants a fresh code, so the pages let as many people
give numbers at once as there are clerks: the demo has three. Fifty at once, on two servers, stand in
crates/cases/tests/numbers.rs.
"""

import re

import pytest

import work
from conftest import seeded
from load import at_once, register_faults, register_numbers
from people import Staff

EACH = 2  # cases for every clerk
SPEED = 20  # the clock runs fast, so that a code is new every second and a half


@pytest.fixture
def program(engine, tmp_path_factory, request):
    program = seeded(engine, tmp_path_factory, request, "numbers", "--bare", speed=SPEED)
    program.start()
    yield program
    program.kill()


def test_clerks_at_once_get_consecutive_numbers_and_one_case_gets_one(program):
    staff = Staff(program)
    line, clerks = work.Line(staff), staff.all("clerk@vu-hanh-chinh")
    assert len(clerks) == 3
    cases = [line.signed(f"Chương trình lập pháp số {n}") for n in range(EACH * len(clerks))]
    contested = line.signed("Chương trình mà ai cũng cấp số")
    given = {}

    def issue(clerk, mine):
        for case in mine:
            while True:
                answer = clerk.post(work.issue_form(clerk, case), allow_redirects=False)
                if clerk.page().select_one("#code-error") is None:
                    break
            work.done(clerk, "done-issued")
            given[case] = work.documents(clerk, case)["nghi-quyet"]["number"]
            assert answer.status_code == 303

    at_once([lambda c=clerk, n=n: issue(c, cases[n * EACH:(n + 1) * EACH]) for n, clerk in enumerate(clerks)])
    assert sorted(given) == sorted(cases)

    # All three for the same case: one gives the number, the others are told that it has been given.
    def contend(clerk, form):
        form.fields["code"] = clerk.code()
        clerk.post(form, allow_redirects=False)

    at_once([lambda c=c, f=work.issue_form(c, contested, code=""): contend(c, f) for c in clerks])
    assert sorted(clerk.answer.status_code for clerk in clerks) == [303, 409, 409], [c.words()[:300] for c in clerks]
    given[contested] = work.documents(clerks[0], contested)["nghi-quyet"]["number"]

    numbers = sorted(int(re.match(r"\d+", number).group()) for number in given.values())
    assert numbers == list(range(1336, 1336 + len(given)))
    reader = staff("auditor@")
    assert sorted(register_numbers(reader)) == numbers and register_faults(register_numbers(reader)) == []
    program.kill()
    program.run("verify", "--quiet")
