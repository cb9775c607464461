"""Input that nobody should send, on the running program: each gets a page that says what is wrong, nothing is half done,
and the journal verifies afterwards.
"""

import threading

import pytest
import requests

import work
from pages import assert_clear, said
from people import Person


@pytest.fixture(scope="module", autouse=True)
def nothing_half_done(demo):
    yield
    done = demo.run("verify", "--quiet", check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


@pytest.fixture
def expert(staff) -> Person:
    return staff(work.EXPERT)


@pytest.fixture
def title(request) -> str:
    return f"Hồ sơ {request.node.name.split('[')[0].removeprefix('test_').replace('_', ' ')}"


def count(person: Person, title: str) -> int:
    """How many cases have this title."""
    return sum(c["title"] == title for c in person.api(f"/cases?q={title}").json()["items"])


def test_an_unknown_field_is_named_and_nothing_is_opened(expert, title):
    form = work.opening(expert, title)
    form.fields["grade_"] = "x"
    assert_clear(expert.post(form), 422, "grade_", "không có trong biểu mẫu")
    assert count(expert, title) == 0


def test_a_form_that_carries_no_or_another_word_against_forgery_is_refused(expert, staff, demo, title):
    form = work.opening(expert, title)
    right = form.fields["_csrf"]
    other = staff("auditor@")
    other.open("/account")
    foreign = other.form("form[action='/logout']")[1]["_csrf"]
    assert foreign != right
    for word in ("", "x", right[:-1], right[::-1], foreign, "\u0000", "ữ" * 50):
        form.fields["_csrf"] = word
        assert_clear(expert.post(form), 422, "không phải từ trang đang mở")
    del form.fields["_csrf"]
    assert_clear(expert.post(form), 422, "không phải từ trang đang mở")
    form.fields["_csrf"] = right
    assert_clear(expert.post(form, headers={"Sec-Fetch-Site": "cross-site"}), 422, "không phải từ trang đang mở")
    stranger = Person(demo)
    assert_clear(stranger.post(form), 401)
    assert count(expert, title) == 0
    work.done(expert, "done-opened") if expert.post(form).ok else None
    assert count(expert, title) == 1


def test_the_same_form_twice_is_one_act_one_after_the_other_and_at_once(expert, title):
    form = work.opening(expert, title)
    first = expert.post(form, allow_redirects=False)
    again = expert.post(form, allow_redirects=False)
    assert first.status_code == again.status_code == 303 and first.headers["Location"] == again.headers["Location"]
    assert count(expert, title) == 1
    form = work.opening(expert, title + " 2")
    answers, cookies = [], expert.session.cookies.get_dict()

    def send():
        answers.append(requests.post(form.action, form.fields, cookies=cookies, allow_redirects=False, timeout=60))

    senders = [threading.Thread(target=send) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert [a.status_code for a in answers] == [303] * 8
    assert len({a.headers["Location"] for a in answers}) == 1
    assert count(expert, title + " 2") == 1


def test_every_move_of_a_case_sent_twice_is_one_move(staff, expert, title):
    line = work.Line(staff)
    case = line.draft(title)
    expert.open(f"/cases/{case}/step")
    form = expert.fill(f"form[action='/cases/{case}/complete']")
    places = [expert.post(form, allow_redirects=False).headers.get("Location") for _ in range(2)]
    assert places[0] and places[0] == places[1]
    assert work.step_of(expert, case) == "verify"
    codes = [e["code"] for e in expert.api(f"/cases/{case}/timeline").json()]
    assert codes.count("timeline-step-left") <= 1, codes


def test_the_move_that_ends_a_case_sent_twice_is_one_move_too(staff, expert, title):
    expert.open("/cases/new/outgoing-document")
    fields = {"title": title, "f.unit": work.UNIT, "f.subject": title, "f.recipients": "Như trên"}
    expert.send("form[action='/cases/new/outgoing-document']", **fields)
    case = work.CASE.search(work.done(expert, "done-opened")).group(1)
    expert.open(f"/cases/{case}/step")
    form = expert.fill(f"form[action='/cases/{case}/complete']", outcome="withdraw")
    answers = [expert.post(form, allow_redirects=False) for _ in range(2)]
    assert answers[0].status_code == 303 and work.step_of(expert, case) in ("", "withdrawn")
    assert answers[1].status_code == 303, said(answers[1])


def test_a_stale_form_tells_what_changed_and_keeps_what_was_typed(staff, expert, title):
    line = work.Line(staff)
    case = line.draft(title)
    document = work.documents(expert, case)["nghi-quyet"]["id"]
    stale = work.revision(expert, document, "Ý kiến thứ hai của tôi.", "hai")
    fresh = work.revision(expert, document, "Ý kiến của người nhanh hơn.", "nhanh")
    expert.post(fresh)
    work.done(expert, "done-version")
    assert_clear(expert.post(stale), 409)
    kept = [k.get_text() for k in expert.page().select("main textarea[readonly]")]
    assert "Ý kiến thứ hai của tôi." in kept, kept
    assert work.documents(expert, case)["nghi-quyet"]["latest"] == 2

    line.move(case, "collect")
    committee = line.committee
    committee.open(f"/cases/{case}/step")
    stale = committee.fill(f"form[action='/cases/{case}/return']", reason="Đề nghị bổ sung số liệu, lần thứ nhất.")
    work.attach(committee, case, "bao-cao-tham-tra")
    answer = committee.post(stale)
    assert_clear(answer, 409)
    kept = committee.page().select("main textarea[readonly]")
    assert "Đề nghị bổ sung số liệu, lần thứ nhất." in [k.get_text() for k in kept], said(answer)
    assert "Báo cáo thẩm tra" in said(answer), "what changed is told"
    assert work.step_of(expert, case) == "verify"


def test_bytes_that_are_no_utf8_are_told_in_a_form_and_harmless_in_an_address(expert, demo, title):
    form = work.opening(expert, title)
    body = requests.models.RequestEncodingMixin._encode_params({**form.fields, "title": "@@"}).replace("%40%40", "%FF%FE")
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert_clear(expert.request("POST", form.action, data=body, headers=kind), 422, "UTF-8")
    raw = body.replace("%FF%FE", "\xff\xfe").encode("latin-1")
    assert_clear(expert.request("POST", form.action, data=raw, headers=kind), 422, "UTF-8")
    parts = {**form.fields, "title": ""}
    multipart = requests.Request("POST", form.action, files={k: (None, v) for k, v in parts.items()}).prepare()
    broken = multipart.body.replace(b'name="title"\r\n\r\n', b'name="title"\r\n\r\n\xff\xfe')
    answer = expert.request("POST", form.action, data=broken, headers={"Content-Type": multipart.headers["Content-Type"]})
    assert_clear(answer, 422, "UTF-8")
    assert count(expert, "") == count(expert, "@@") == 0
    for address in ("/cases?q=%FF", "/people?q=%C3%28", "/resolutions?q=%FF%FE", "/cases/%FF", "/documents/%C3%28",
                    "/login?next=%FF", "/cases?lang=%FF", "/journal/%FF", "/fields/%FF", "/registers/%FF?year=%FF"):
        answer = expert.request("GET", address)
        assert answer.status_code in (200, 400, 403, 404, 422), (address, answer.status_code)
        assert_clear(answer, answer.status_code)


def test_a_path_that_is_not_there_is_told_in_both_languages(demo, expert):
    for person in (Person(demo), expert):
        for path in ("/khong-co", "/cases/x/y/z", "/static/khong-co.css", "/cases/case-" + "0" * 26, "/..%2f..%2fetc%2fpasswd"):
            person.request("GET", "/about?lang=vi")
            answer = person.request("GET", path)
            if "/login" in answer.url:
                continue
            assert_clear(answer, 404, "Không có trang này")
            assert_clear(person.request("GET", path + "?lang=en"), 404, "no such page", lang="en")
        person.request("GET", "/about?lang=vi")


def test_a_method_that_a_page_does_not_take_is_told_with_those_that_it_takes(demo, expert):
    for method, path, allowed in (
        ("POST", "/cases", {"GET", "HEAD"}), ("PUT", "/login", {"GET", "HEAD", "POST"}), ("DELETE", "/", {"GET", "HEAD"}),
        ("GET", "/logout", {"POST"}), ("PATCH", "/verify", {"GET", "HEAD", "POST"}),
    ):
        answer = expert.request(method, path)
        assert_clear(answer, 405, "không nhận cách gửi")
        assert set(answer.headers["Allow"].replace(" ", "").split(",")) == allowed


def test_numbers_far_out_of_reach_are_no_fault_on_any_page_that_takes_one(staff):
    auditor = staff("auditor@")
    far = [-(2**63) + 1, -1, 0, 2**31, 2**63 - 1, 2**64, "1e9", "", "x", "٣"]
    for page in ("/cases?from={}", "/people?from={}", "/resolutions?from={}", "/resolutions?year={}", "/journal?after={}",
                 "/registers/nq-ubtvqh?before={}", "/registers/nq-ubtvqh?year={}", "/journal/body:ubtvqh/{}",
                 "/journal/body:ubtvqh/{}/proof.json", "/?from={}", "/cases?page={}"):
        for number in far:
            answer = auditor.request("GET", page.format(number))
            assert answer.status_code in (200, 400, 404, 422), (page, number, answer.status_code)


def test_a_header_without_end_is_refused_and_the_next_request_is_answered(demo):
    for size in (10_000, 100_000, 2_000_000):
        try:
            answer = requests.get(demo.base + "/about", headers={"X-Long": "x" * size}, timeout=30)
            assert answer.status_code in (200, 400, 431), answer.status_code
        except requests.ConnectionError:
            pass  # cut off while it was still sending
        assert requests.get(demo.base + "/about", timeout=30).status_code == 200
