"""Signing in and out, and the second factor, as someone at a browser meets them."""

import re

import pyotp
import pytest
import requests

import work
from load import at_once
from pages import assert_clear, said
from people import STEP, Person, holders


@pytest.fixture
def account(demo, request) -> dict:
    """An account that no other test signs in with: the heads of units, one for each test."""
    heads = sorted((a for a in demo.accounts().values() if any(h.startswith("head@vu-") for h in a["holds"])), key=lambda a: a["login"])
    tests = sorted(item.originalname for item in request.session.items if "account" in item.fixturenames and item.module is request.module)
    return heads[sorted(set(tests)).index(request.node.originalname)]


def password(person: Person, account: dict, word: str) -> requests.Response:
    person.open("/login")
    return person.send("form[action='/login']", account=account["login"], password=word)


def test_five_wrong_passwords_close_the_account_to_strangers_and_not_to_its_owner(demo, account):
    own = Person(demo, account).sign_in()
    stranger = Person(demo)
    answers = [password(stranger, account, f"sai {n}") for n in range(6)]
    for answer in answers[:5]:
        assert_clear(answer, 409, "Tên đăng nhập hoặc mật khẩu không đúng")
    assert_clear(answers[5], 429, "Thao tác quá nhanh")
    assert 0 < int(answers[5].headers["Retry-After"]) <= 60
    # From anywhere unknown, also with the right password.
    assert_clear(password(Person(demo), account, account["password"]), 429)
    # The owner, on a device that has signed in before, goes in.
    own.send("form[action='/logout']")
    own.sign_in()
    assert own.request("GET", "/account").status_code == 200


def test_an_account_that_is_not_there_is_answered_as_one_that_is(demo, account):
    def walk(login: str) -> list:
        stranger = Person(demo)
        answers = [password(stranger, {"login": login}, f"sai {n}") for n in range(6)]
        told = [re.sub(r"request-[0-9a-z]{26}|\d+ giây", "", said(a)).replace(login, "") for a in answers]
        return [(a.status_code, words, "Retry-After" in a.headers) for a, words in zip(answers, told)]

    assert walk(account["login"]) == walk("cv-khong-co-nguoi-nay")


def test_a_code_is_good_once_at_sign_in(demo, account):
    first, second = Person(demo, account), Person(demo, account)
    password(first, account, account["password"])
    code = first.code()
    assert first.send("form[action='/login/code']", code=code).ok and "/login" not in first.answer.url
    password(second, account, account["password"])
    assert_clear(second.send("form[action='/login/code']", code=code), 409, "Mã này đã dùng")


def test_two_browsers_at_once_cannot_share_a_code(demo, account):
    browsers = [Person(demo, account) for _ in range(2)]
    for browser in browsers:
        password(browser, account, account["password"])
    code = browsers[0].code()
    forms = [b.fill("form[action='/login/code']", code=code) for b in browsers]
    at_once([lambda b=b, f=f: b.post(f, allow_redirects=False) for b, f in zip(browsers, forms)])
    assert sorted(b.answer.status_code for b in browsers) == [303, 409], [b.words()[:200] for b in browsers]


def test_wrong_codes_are_told_and_an_old_one_is_wrong(demo, account):
    person = Person(demo, account)
    password(person, account, account["password"])
    old = pyotp.TOTP(account["totp"]).generate_otp(person.program_time() // STEP - 5)
    for code in ("", "１２３４５６", "1" * 500, old):
        answer = person.send("form[action='/login/code']", code=code)
        assert_clear(answer, (409, 422), "Mã xác thực")
        assert "/login" in answer.url and not any(c.name == "dh_session" for c in person.session.cookies)


def test_a_browser_that_took_only_the_first_step_is_nobody(demo, account):
    person = Person(demo, account)
    password(person, account, account["password"])
    assert "/login" in person.request("GET", "/cases").url
    assert person.request("GET", "/api/v1/inbox").status_code == 401
    pending = person.form("form[action='/login/code']")[1]["pending"]
    assert account["login"] not in pending and account["person"] not in pending
    other = Person(demo, account)
    other.open("/login")
    form = other.fill("form[action='/login']")
    stolen = {"_csrf": form.fields["_csrf"], "_once": form.fields["_once"], "pending": pending, "next": "", "code": other.code()}
    answer = other.request("POST", "/login/code", data=stolen)
    assert answer.status_code == 409 and not any(c.name == "dh_session" for c in other.session.cookies), said(answer)


def test_signing_out_ends_the_session_on_the_server(demo, account):
    person = Person(demo, account).sign_in()
    kept = person.session.cookies.get_dict()
    person.open("/account")
    person.send("form[action='/logout']")
    assert not any(c.name == "dh_session" for c in person.session.cookies)
    assert requests.get(demo.base + "/api/v1/inbox", cookies=kept, timeout=30).status_code == 401
    assert "/login" in requests.get(demo.base + "/cases", cookies=kept, timeout=30).url


def test_a_session_is_good_only_on_its_device_and_can_be_ended_from_another(demo, account):
    person, other = Person(demo, account).sign_in(), Person(demo, account).sign_in()
    token = person.session.cookies.get_dict()["dh_session"]
    foreign = {"dh_session": token, "dh_device": Person(demo).session.cookies.get("dh_device") or "x" * 43}
    assert requests.get(demo.base + "/api/v1/inbox", cookies=foreign, timeout=30).status_code == 401
    assert requests.get(demo.base + "/api/v1/inbox", cookies={"dh_session": token}, timeout=30).status_code == 401
    assert person.api("/inbox").status_code == 200
    other.open("/account")
    other.send("form[action='/account/sessions/end-others']")
    assert person.api("/inbox").status_code == 401 and other.api("/inbox").status_code == 200


def test_what_was_typed_comes_back_when_the_session_has_ended(demo, staff):
    person = Person(demo, holders(demo.accounts(), "expert@vu-ke-hoach-tai-chinh")[0]).sign_in()
    form = work.opening(person, "Hồ sơ gõ dở khi hết phiên", "vu-ke-hoach-tai-chinh")
    person.open("/account")
    person.send("form[action='/logout']")
    assert_clear(person.post(form), 401, "Phiên làm việc đã kết thúc")
    assert "Hồ sơ gõ dở khi hết phiên" in [k.get_text() for k in person.page().select("main textarea[readonly]")]


BINDING = {
    "ballot": ("member@ubtvqh", "Phân công đại biểu Quốc hội hoạt động chuyên trách"),
    "sign": ("chairperson@ubtvqh", "Thành lập Ban soạn thảo"),
    "issue": ("clerk@vu-hanh-chinh", "Chương trình chuyển đổi số của Quốc hội"),
}


@pytest.mark.parametrize("act", BINDING)
def test_a_ballot_a_signature_and_a_seal_want_the_code_with_the_very_act(staff, act):
    seat, words = BINDING[act]
    person = staff.all(seat)[-1]
    case = next(c for c in person.api(f"/cases?q={words}").json()["items"] if c["step"] == act)["id"]
    before = person.api(f"/cases/{case}").json()["version"]
    person.open(f"/cases/{case}/{act}")
    if act == "ballot":
        person.send(f"form[action='/cases/{case}/ballot']", answer="for")
    form = person.fill("form.dh-bind")
    assert form.fields["code"] == ""
    used = pyotp.TOTP(person.account["totp"]).generate_otp(Person.used[person.account["totp"]])
    for code, told in (("", "Nhập mã xác thực"), ("000000", "không đúng"), (used, ("đã dùng", "không đúng"))):
        form.fields["code"] = code
        answer = person.post(form)
        assert_clear(answer, (403, 409, 422))
        assert person.page().select_one("#code-error") is not None
        assert any(word in said(answer) for word in ([told] if isinstance(told, str) else told)), said(answer)
    del form.fields["code"]
    assert_clear(person.post(form), (403, 409, 422), "Nhập mã xác thực")
    assert person.api(f"/cases/{case}").json()["version"] == before, "nothing was recorded"
