"""A secret case is absent for whoever takes no part in it: the same answer as for a case that never was."""

import re

import pytest
import requests

import work
from people import Form, Person

NEVER = "case-" + "0" * 26, "document-" + "0" * 26
SECRET = "Chuyện kín ngoài sân đình"
STRANGERS = {
    "an expert of the same clearance": "expert@vu-tong-hop",
    "the Chairperson, cleared for everything": "chairperson@ubtvqh",
    "a clerk": "clerk@vu-hanh-chinh",
    "the administrator": "admin@vu-chuyen-doi-so",
}
PLACES = [
    "/cases/{c}", "/cases/{c}?done=done-opened", "/cases/{c}/step", "/cases/{c}/documents/de-nghi",
    "/cases/{c}/documents/nghi-quyet", "/cases/{c}/documents/khong-co", "/cases/{c}/opinion", "/cases/{c}/ballot",
    "/cases/{c}/tally", "/cases/{c}/vote", "/cases/{c}/sign", "/cases/{c}/issue", "/cases/{c}/publish",
    "/documents/{d}", "/documents/{d}?version=1", "/documents/{d}/edit", "/documents/{d}/replace", "/documents/{d}/compare",
    "/documents/{d}/paper.pdf", "/documents/{d}/file", "/documents/{d}/pages/1/1.png", "/resolutions/{d}",
    "/resolutions/{d}/paper.pdf", "/resolutions/{d}/proof.json", "/journal/case:{c}", "/journal/document:{d}",
    "/journal/case:{c}/1", "/journal/case:{c}/1/proof.json", "/api/v1/cases/{c}", "/api/v1/cases/{c}/timeline",
    "/api/v1/cases/{c}/documents", "/api/v1/documents/{d}", "/api/v1/resolutions/{d}", "/api/v1/resolutions/{d}/paper",
    "/api/v1/resolutions/{d}/proof", "/api/v1/journal/streams/case:{c}", "/api/v1/journal/streams/case:{c}/1",
]
FORMS = {
    "/cases/{c}/complete": {"step": "collect"}, "/cases/{c}/return": {"to": "collect", "reason": "vì sao"},
    "/cases/{c}/documents/nghi-quyet": {"subject": "x", "act": "save"}, "/cases/{c}/opinion": {"body": "hddt", "answer": "agree"},
    "/cases/{c}/ballot": {"answer": "for"}, "/cases/{c}/ballot/confirm": {"answer": "for", "code": "000000"},
    "/cases/{c}/vote": {"all": "18"}, "/cases/{c}/sign": {"document": "{d}", "code": ""}, "/cases/{c}/issue": {"code": ""},
    "/cases/{c}/publish": {"code": ""}, "/documents/{d}/edit": {"subject": "x", "act": "save"}, "/documents/{d}/replace": {"note": "x"},
}


def leveled(text: str, *ids: str) -> str:
    """A page without what differs between two requests for the same thing."""
    for one in ids:
        text = text.replace(one, "…")
    text = re.sub(r'name="_(csrf|once)" value="[^"]*"', "", text)
    return re.sub(r"request-[0-9a-z]{26}", "", text)


@pytest.fixture(scope="module")
def counted(demo, staff) -> dict:
    """What strangers saw in lists before the secret case was opened."""
    return {who: seen_in_lists(staff(seat)) for who, seat in STRANGERS.items()}


@pytest.fixture(scope="module")
def secret(counted, staff) -> tuple:
    """(case, document) of a case of the grade Mật, with a draft and a file in it."""
    expert = staff(work.EXPERT)
    form = work.opening(expert, SECRET)
    form.fields["grade"] = "1"
    expert.post(form, allow_redirects=False)
    case = work.CASE.search(work.done(expert, "done-opened")).group(1)
    work.write(expert, case, "nghi-quyet", "Nội dung kín.")
    work.attach(expert, case, "de-nghi", work.PDF + b"%kin")
    found = work.documents(expert, case)
    assert expert.api(f"/cases/{case}").json()["grade"] == 1 and len(found) == 2
    return case, found["nghi-quyet"]["id"]


def seen_in_lists(person: Person) -> dict:
    pages = ("/", "/cases", "/cases?q=", "/fields/lawmaking", "/registers", "/procedures/legislative-programme", "/bodies/vu-phap-luat")
    seen = {page: leveled(person.request("GET", page).text) for page in pages}
    seen["total"] = person.api("/cases").json()["total"]
    seen["inbox"] = person.api("/inbox").json()
    return seen


@pytest.mark.parametrize("who", STRANGERS)
def test_every_address_of_a_secret_case_answers_as_if_it_never_was(staff, secret, who):
    stranger = staff(STRANGERS[who])
    for place in PLACES:
        real, never = (
            stranger.request("GET", place.format(c=c, d=d), allow_redirects=False) for c, d in (secret, NEVER)
        )
        assert real.status_code == never.status_code in (403, 404), (place, real.status_code, never.status_code)
        assert leveled(real.text, *secret) == leveled(never.text, *NEVER), place
        assert dict(real.headers).keys() == dict(never.headers).keys(), place


@pytest.mark.parametrize("who", STRANGERS)
def test_every_form_sent_to_a_secret_case_answers_as_if_it_never_was(staff, secret, who):
    stranger = staff(STRANGERS[who])
    word = stranger.open("/account").select_one("[name=_csrf]")["value"]
    for place, fields in FORMS.items():
        answers = []
        for c, d in (secret, NEVER):
            filled = {k: v.format(d=d) if v == "{d}" else v for k, v in fields.items()}
            form = Form(stranger.base + place.format(c=c, d=d), {"_csrf": word, "_once": "a" * 43, "_version": "1", **filled})
            answers.append(stranger.post(form, allow_redirects=False))
        real, never = answers
        assert real.status_code == never.status_code in (403, 404), (place, real.status_code, never.status_code)
        assert leveled(real.text, *secret) == leveled(never.text, *NEVER), place


@pytest.mark.parametrize("who", STRANGERS)
def test_lists_counts_and_search_do_not_know_of_it(staff, counted, secret, who):
    stranger = staff(STRANGERS[who])
    seen = seen_in_lists(stranger)
    for page, before in counted[who].items():
        if page not in ("total", "inbox", "/cases", "/cases?q=", "/fields/lawmaking", "/"):
            assert seen[page] == before, page
        assert SECRET not in str(seen[page]) and secret[0] not in str(seen[page]), page
    assert [c["id"] for c in stranger.api(f"/cases?q={SECRET}").json()["items"]] == []
    assert stranger.api(f"/cases?q={SECRET}").json()["total"] == 0


def test_whoever_takes_part_sees_it_and_the_public_check_does_not_know_its_file(demo, staff, secret):
    expert = staff(work.EXPERT)
    assert SECRET in expert.request("GET", f"/cases/{secret[0]}").text
    assert expert.api(f"/cases?q={SECRET}").json()["total"] == 1
    answer = requests.post(demo.base + "/api/v1/verify", work.PDF + b"%kin", timeout=30)
    assert answer.json()["verdict"] in ("unknown", "unsigned", "unreadable", "doubtful") and answer.json()["resolution"] is None


def test_numbers_of_lists_stay_the_same_for_strangers_when_a_secret_case_is_opened(demo, staff):
    expert, stranger = staff(work.EXPERT), staff("expert@vu-tong-hop")
    before = seen_in_lists(stranger)
    form = work.opening(expert, SECRET + " hai")
    form.fields["grade"] = "1"
    expert.post(form, allow_redirects=False)
    work.done(expert, "done-opened")
    assert seen_in_lists(stranger) == before


def test_nobody_opens_a_case_above_their_own_clearance(demo, staff):
    expert = staff(work.EXPERT)
    form = work.opening(expert, "Hồ sơ trên mức được tiếp cận")
    assert [i["value"] for i in expert.page().select("input[name=grade]")] == ["0", "1"]
    form.fields["grade"] = "3"
    assert expert.post(form, allow_redirects=False).status_code in (403, 409, 422)
    assert expert.api("/cases?q=Hồ sơ trên mức được tiếp cận").json()["total"] == 0
