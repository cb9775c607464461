"""When the machine beneath fails: a full disk, a clock set back, storage that does not answer. Each is told in words,
nothing is half done, and the program goes on by itself when the trouble is over.
"""

import os
import shutil
import sqlite3
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

import work
from conftest import PostgresServer, Program, faketime, fresh_program, seeded
from pages import assert_clear, said
from people import Person, Staff, holders

DAY = 86_400


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 96 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "dienhong-test", str(folder)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"a small disk can only be mounted by root: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder, leave: int) -> None:
    """Fills a disk up to so many bytes."""
    with open(folder / "filler", "ab", buffering=0) as filler:
        while (free := shutil.disk_usage(folder).free) > leave:
            filler.write(bytes(min(1 << 16, free - leave)))


def attach(person: Person, case: str, key: str, size: int) -> requests.Response:
    person.open(f"/cases/{case}/documents/{key}")
    noise = os.urandom(size)  # nothing packs it, so it takes its room on the disk
    return person.send("form[enctype]", {"file": ("tai-lieu.pdf", work.PDF + noise)}, title="Tài liệu")


def test_a_full_disk_is_told_and_the_work_goes_on_when_there_is_room_again(small_disk, engine, request):
    program = fresh_program(engine, small_disk, request)
    program.log = small_disk.parent / "server.log"  # the log has a disk of its own
    program.run("demo", "seed", "--data", str(small_disk), "--bare")
    program.start()
    try:
        expert = Staff(program)(work.EXPERT)
        before = work.open_case(expert, "Hồ sơ mở khi còn chỗ")
        if engine == "sqlite":  # what is being written ahead comes into the file while there is room
            with sqlite3.connect(small_disk / "dienhong.sqlite") as other:
                other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            other.close()
        fill(small_disk, 300_000)
        assert_clear(attach(expert, before, "de-nghi", 2_000_000), (503, 507))
        assert work.documents(expert, before) == {}
        told = []
        if engine == "sqlite":  # the journal itself lies on the full disk
            with sqlite3.connect(small_disk / "dienhong.sqlite") as other:
                other.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # else it writes on where it has room already
            other.close()
            fill(small_disk, 0)
            for n in range(60):
                answer = expert.post(work.opening(expert, f"Hồ sơ khi hết chỗ {n}"), allow_redirects=False)
                told.append((f"Hồ sơ khi hết chỗ {n}", answer.status_code))
                if answer.status_code != 303:
                    assert_clear(answer, (503, 507))
                    break
            else:
                raise AssertionError("the disk never became full")
        assert expert.request("GET", f"/cases/{before}").status_code == 200, "reading goes on"
        (small_disk / "filler").unlink()
        work.attach(expert, before, "de-nghi")
        after = work.open_case(expert, "Hồ sơ mở khi có chỗ lại")
        titles = [c["title"] for c in expert.api("/cases?q=Hồ sơ").json()["items"]]
        for title, status in told:
            assert titles.count(title) <= 1 and (status != 303 or title in titles), (title, status, titles)
        program.kill()
        program.start()
        assert {expert.request("GET", f"/cases/{c}").status_code for c in (before, after)} == {200}
        program.kill()
        program.run("verify", "--quiet")
    finally:
        program.kill()


def test_a_clock_set_back_gives_no_number_and_says_so(engine, tmp_path_factory, request):
    if not faketime():
        pytest.skip("libfaketime is not installed; cases/tests/numbers.rs tests the same with a clock of its own")
    program = seeded(engine, tmp_path_factory, request, "clock", "--bare")
    program.start()
    try:
        staff = Staff(program)
        line, clerk = work.Line(staff), staff("clerk@vu-hanh-chinh")
        first, second = line.signed("Chương trình thứ nhất"), line.signed("Chương trình thứ hai")
        clerk.post(work.issue_form(clerk, first), allow_redirects=False)
        work.done(clerk, "done-issued")
        form = work.issue_form(clerk, second, code="")
        program.stop()
        program.ahead = -2 * DAY
        program.start()
        assert "/login" not in clerk.request("GET", f"/cases/{second}").url, "who was signed in stays so"
        late = Person(program, holders(program.accounts(), "clerk@vu-hanh-chinh")[1]).sign_in()
        assert_clear(late.request("GET", f"/cases/{second}/issue"), 409, "sớm hơn ngày cấp số gần nhất")
        form.fields |= {"_csrf": late.open("/account").select_one("[name=_csrf]")["value"], "code": late.code()}
        assert_clear(late.post(form), 409, "sớm hơn ngày cấp số gần nhất")
        assert work.documents(clerk, second)["nghi-quyet"]["state"] == "signed"
        program.stop()
        program.ahead = 0.0
        program.start()
        clerk.post(work.issue_form(clerk, second), allow_redirects=False)
        work.done(clerk, "done-issued")
        assert work.documents(clerk, second)["nghi-quyet"]["number"].startswith("1337/")
        program.kill()
        program.run("verify", "--quiet")
    finally:
        program.kill()


def test_when_postgresql_is_gone_pages_say_so_and_come_back_with_it(tmp_path, engine):
    if engine != "postgres":
        pytest.skip("SQLite lies within the program")
    server = PostgresServer()
    try:
        program = Program(tmp_path, server.database())
        program.run("demo", "seed", "--data", str(tmp_path), "--bare")
        program.start()
        expert = Staff(program)(work.EXPERT)
        before = work.open_case(expert, "Hồ sơ trước khi mất kết nối")
        form = work.opening(expert, "Hồ sơ khi mất kết nối")
        server.stop()
        # Each of these waits as long as a request may wait for a connection, so they go side by side.
        addresses = [expert.base + path for path in ("/resolutions", f"/cases/{before}", "/", "/api/v1/resolutions", "/readyz")]
        cookies = expert.session.cookies.get_dict()
        with ThreadPoolExecutor(len(addresses) + 1) as browsers:
            sent = browsers.submit(requests.post, form.action, form.fields, cookies=cookies, timeout=90)
            got = list(browsers.map(lambda address: requests.get(address, cookies=cookies, timeout=90), addresses))
        for answer in got[:3]:
            assert_clear(answer, 503, "Hệ thống đang bận")
        assert_clear(sent.result(), 503, "Chưa có gì được ghi")
        api, ready = got[3:]
        assert api.status_code == 503 and api.headers["Content-Type"] == "application/problem+json", api.text
        assert ready.status_code == 503
        assert requests.get(program.base + "/healthz", timeout=30).status_code == 200
        server.start()
        deadline = time.monotonic() + 60
        while requests.get(program.base + "/readyz", timeout=30).status_code != 200:
            assert time.monotonic() < deadline, "the program did not find its storage again"
            time.sleep(0.1)
        expert.post(form, allow_redirects=False)
        work.done(expert, "done-opened")
        titles = [c["title"] for c in expert.api("/cases?q=kết nối").json()["items"]]
        assert sorted(titles) == ["Hồ sơ khi mất kết nối", "Hồ sơ trước khi mất kết nối"]
        program.stop()
        program.run("verify", "--quiet")
    finally:
        program.kill()
        server.remove()


def test_a_database_that_another_program_holds_for_a_while_is_waited_for(demo, engine, staff):
    if engine != "sqlite":
        pytest.skip("PostgreSQL has no lock of the whole database")
    expert = staff(work.EXPERT)
    form = work.opening(expert, "Hồ sơ chờ đến lượt")
    other = sqlite3.connect(demo.data / "dienhong.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(2, lambda: other.execute("ROLLBACK"))
    release.start()
    expert.post(form, allow_redirects=False)
    work.done(expert, "done-opened")
    release.join()
    other.close()
