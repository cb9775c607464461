"""What guards every page: a strict policy for content, cookies that scripts cannot read, no secret in an address or the log."""

import re
import urllib.parse

import pytest
import requests

import work
from conftest import Program, seeded
from pages import assert_protected
from people import Person, Staff, holders

SEATS = [work.EXPERT, "clerk@vu-hanh-chinh", "chairperson@ubtvqh", "auditor@", "admin@vu-chuyen-doi-so"]
MOST = 60  # pages that one reader visits


def links(person: Person) -> list[str]:
    """The addresses of this site that the open page leads to or loads."""
    page = person.page()
    found = [t.get("href") for t in page.select("a[href], link[href]")] + [t.get("src") for t in page.select("[src]")]
    found += [f.get("action") for f in page.select("form[method=get][action]")]
    whole = [urllib.parse.urljoin(person.answer.url, f) for f in found if f and not f.startswith("#")]
    assert all(w.startswith(person.base) for w in whole), [w for w in whole if not w.startswith(person.base)]
    return [w[len(person.base):].split("#")[0] for w in whole]


def kind_of(path: str) -> str:
    """The address without what differs between pages of one kind."""
    parts = urllib.parse.urlsplit(path)
    keys = sorted(k for k, _ in urllib.parse.parse_qsl(parts.query))
    return re.sub(r"[a-z]+-?[0-9a-z]*\d[0-9a-z-]*|(?<=/bodies/)[a-z-]+|(?<=/procedures/)[a-z-]+", "_", parts.path) + str(keys)


def walk(person: Person, start: str) -> list[str]:
    """Visits one page of every kind that can be reached by links; gives their addresses."""
    seen, waiting, visited = set(), [start], []
    while waiting and len(visited) < MOST:
        path = waiting.pop(0)
        if kind_of(path) in seen:
            continue
        seen.add(kind_of(path))
        person.open(path)
        visited.append(path)
        assert person.answer.status_code < 500, path
        assert_protected(person.answer)
        if person.answer.headers.get("Content-Type", "").startswith("text/html"):
            waiting += links(person)
    return visited


def secrets_of(person: Person) -> list[str]:
    return [c.value for c in person.session.cookies if len(c.value) > 2] + [person.account["password"], person.account["totp"]]


def test_every_page_for_everyone_carries_the_strict_policy_and_gives_readers_no_cookie(demo):
    reader = Person(demo)
    visited = walk(reader, "/resolutions")
    assert len(visited) > 10, visited
    fresh = requests.get(demo.base + "/resolutions", timeout=30)
    assert fresh.headers.get("Set-Cookie") is None


@pytest.mark.parametrize("seat", SEATS)
def test_every_page_of_staff_carries_it_and_no_address_carries_a_secret(staff, seat):
    person = staff(seat)
    visited = walk(person, "/")
    assert len(visited) > 20, visited
    words = [f.get("value") for f in person.open("/account").select("[name=_csrf], [name=_once]")]
    for path in visited:
        for secret in secrets_of(person) + words:
            assert secret not in urllib.parse.unquote(path), path
        assert not re.search(r"(password|token|secret|csrf|session|code)=", path), path


def test_pages_that_tell_of_problems_carry_it_too(demo, staff):
    expert = staff(work.EXPERT)
    for method, path in (("GET", "/khong-co"), ("PUT", "/"), ("POST", "/login"), ("GET", "/api/v1/khong-co"), ("POST", "/api/v1/cases"),
                         ("GET", "/static/khong-co.js"), ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/api/v1/openapi.json")):
        assert_protected(expert.request(method, path))
        assert_protected(requests.request(method, demo.base + path, timeout=30))


def test_cookies_cannot_be_read_by_scripts_nor_sent_by_other_sites(demo):
    account = holders(demo.accounts(), "expert@vu-doi-ngoai")[0]
    person = Person(demo, account)
    person.open("/login")
    set_by = [person.answer.headers["Set-Cookie"]]
    person.send("form[action='/login']", account=account["login"], password=account["password"])
    person.post(person.fill("form[action='/login/code']", code=person.code()), allow_redirects=False)
    set_by.append(person.answer.headers["Set-Cookie"])
    assert "dh_session=" in set_by[1]
    for cookie in re.split(r", (?=dh_)", ", ".join(set_by)):
        parts = [p.strip() for p in cookie.split(";")]
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(parts), cookie
        assert len(parts[0].split("=", 1)[1]) >= 43, "256 bits"
    person.open("/account")
    for secret in secrets_of(person):
        assert secret not in person.answer.text


@pytest.fixture
def https(engine, tmp_path_factory, request):
    if engine != "sqlite":
        pytest.skip("cookies do not depend on the storage")
    program = seeded(engine, tmp_path_factory, request, "https", "--bare")
    program.env |= {"DIENHONG_WEB_PUBLIC_URL": "https://quochoi.example", "DIENHONG_LOG_LEVEL": "trace"}
    program.start()
    yield program
    program.kill()


def test_with_an_https_address_cookies_are_secure_and_browsers_are_told_to_stay(https):
    answer = requests.get(https.base + "/login", timeout=30)
    assert answer.headers["Set-Cookie"].startswith("__Host-dh_device=") and "; Secure" in answer.headers["Set-Cookie"]
    assert "max-age=" in answer.headers["Strict-Transport-Security"]


def test_no_secret_reaches_the_log_at_its_most_talkative(https: Program):
    https.kill()
    del https.env["DIENHONG_WEB_PUBLIC_URL"]
    https.start()
    staff = Staff(https)
    line = work.Line(staff)
    line.signed("Chương trình có chữ ký")
    expert = line.expert
    stranger = Person(https)
    stranger.open("/login")
    stranger.send("form[action='/login']", account=expert.account["login"], password="mật khẩu gõ nhầm")
    words = expert.open("/account").select_one("[name=_csrf]")["value"]
    https.stop()
    log = https.log.read_bytes().decode("utf-8", "replace")
    assert "TRACE" in log, "it does not talk"
    for person in staff.signed_in.values():
        for secret in secrets_of(person):
            assert secret not in log, log[max(0, log.index(secret) - 300):log.index(secret) + 60]
    for secret in ("mật khẩu gõ nhầm", urllib.parse.quote_plus("mật khẩu gõ nhầm"), words):
        assert secret not in log
