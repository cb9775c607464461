"""The daily desk: inbox, several tasks by one form, delegation, calendar and its feed read by other people's parsers."""

import datetime
import re

import icalendar
import pytest
import requests
import vobject

import work
from people import Person

TITLE = "Thời hạn thử của bàn làm việc, có dấu; phẩy, và \"nháy\""


@pytest.fixture(scope="module")
def opened(staff):
    """A case that an expert has just opened and holds."""
    expert = staff(work.EXPERT)
    expert.post(work.opening(expert, TITLE), allow_redirects=False)
    return expert, work.CASE.search(work.done(expert, "done-opened")).group(1)


def chosen(person: Person, case: str) -> dict:
    """The field of the inbox that chooses the task of a case."""
    page = person.open("/inbox?order=newest")
    box = page.select_one(f"input[type=checkbox][value^='{case}/']")
    assert box is not None, person.words()[:600]
    return {box["name"]: box["value"]}


def test_the_inbox_filters_and_handles_tasks_by_one_form(opened):
    expert, case = opened
    expert.open("/inbox?q=khong+co+ho+so+nay")
    assert "Không có việc nào như vậy" in expert.words()
    expert.open("/inbox?q=thoi+han+thu+cua+ban&field=lawmaking&order=newest")
    assert TITLE.split(",")[0] in expert.words()
    box = chosen(expert, case)
    expert.send("form[method=post][action='/inbox']", **box, do="take", to="", note="")
    assert "Đã ghi nhận 1 việc" in expert.words(), expert.words()[:400]
    expert.open("/inbox?whose=mine")
    assert case in expert.answer.text
    # A task that is not there any more is its own row's matter, not the form's.
    expert.open("/inbox?order=newest")
    gone = {"task.2": f"{case}/no-such-step/expert@vu-phap-luat"}
    expert.send("form[method=post][action='/inbox']", **box, **gone, do="seen", to="", note="")
    assert "1 việc không ghi nhận được" in expert.words(), expert.words()[:400]
    expert.open("/inbox")
    answer = expert.send("form[method=post][action='/inbox']", do="seen", to="", note="")
    assert answer.status_code == 422 and "Chọn ít nhất một việc" in expert.words()


def test_delegated_work_is_done_under_both_names_and_ends_at_once(staff, opened):
    expert, case = opened
    expert.open("/delegations")
    other = staff("clerk@vu-hanh-chinh")
    form = expert.fill("form[action='/delegations']", to=other.account["person"], reason="Nghỉ phép")
    refused = expert.post(form)
    assert refused.status_code == 422 and "Không được để trống" in expert.words()
    form.fields["kind.work"] = "yes"
    expert.open("/delegations")
    form.fields["_once"] = expert.form("form[action='/delegations']")[1]["_once"]
    expert.post(form)
    assert "Đã ghi nhận ủy quyền" in expert.words() and "Bộ luật Dân sự" in expert.words(), expert.words()[:500]
    end = expert.page().select_one("form[action$='/end']")["action"]
    other.open(f"/cases/{case}")
    assert f"thay {expert.account['name']}" in other.words(), other.words()[:600]
    work.attach(other, case, "de-nghi")
    other.open(f"/cases/{case}")
    assert f"{other.account['name']}, thay {expert.account['name']}" in other.words(), other.words()[:1500]
    expert.open("/delegations")
    expert.send(f"form[action='{end}']")
    assert "Ủy quyền đã chấm dứt" in expert.words()
    other.open(f"/cases/{case}")
    assert "theo ủy quyền, đến hết ngày" not in other.words()


def received(person: Person, subject: str, grade: str = "0") -> str:
    """An incoming document that a clerk registers: its first step is due on the next working day."""
    person.open("/cases/new/incoming-document")
    fields = {"title": subject, "f.sender": "Bộ Tư pháp", "f.number": "12/BTP", "f.subject": subject, "grade": grade}
    fields["f.received"] = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7))).date().isoformat()
    person.post(person.fill("form[action='/cases/new/incoming-document']", **fields), allow_redirects=False)
    return work.CASE.search(work.done(person, "done-opened")).group(1)


def feed_of(person: Person) -> str:
    person.open("/calendar")
    person.send("form[action='/calendar/feed']")
    return person.page().select_one("#feed-address")["value"]


def test_the_feed_is_read_by_other_parsers_and_ends_when_its_person_says_so(demo, staff):
    clerk = staff("clerk@vu-hanh-chinh")
    case = received(clerk, TITLE)
    clerk.open("/calendar")
    assert "Theo ngày" in clerk.words()
    address = feed_of(clerk)
    path = "/" + address.split("://", 1)[1].split("/", 1)[1]
    assert re.fullmatch(r"/calendar/feed/[\w-]{43}\.ics", path)
    answer = requests.get(demo.base + path, timeout=30)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/calendar")
    text = answer.content.decode()
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n")) and text.endswith("END:VCALENDAR\r\n")
    events = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert events and all(e["UID"] and int(e["SEQUENCE"]) > 0 and not e.errors for e in events)
    read = vobject.readOne(text)
    assert sorted(e.uid.value for e in read.vevent_list) == sorted(str(e["UID"]) for e in events)
    mine = [e for e in events if case in str(e["URL"])]
    assert mine and all(TITLE in str(e["SUMMARY"]) and str(e["STATUS"]) == "CONFIRMED" for e in mine)
    again = icalendar.Calendar.from_ical(requests.get(demo.base + path, timeout=30).content).walk("VEVENT")
    assert {str(e["UID"]): int(e["SEQUENCE"]) for e in again} == {str(e["UID"]): int(e["SEQUENCE"]) for e in events}
    changed = feed_of(clerk)
    assert changed != address and requests.get(demo.base + path, timeout=30).status_code == 404
    path = "/" + changed.split("://", 1)[1].split("/", 1)[1]
    assert requests.get(demo.base + path, timeout=30).status_code == 200
    clerk.open("/calendar")
    clerk.send("form[action='/calendar/feed/end']")
    assert requests.get(demo.base + path, timeout=30).status_code == 404


def test_a_withdrawn_deadline_is_cancelled_in_the_feed(demo, staff):
    expert = staff(work.EXPERT)
    chair = staff("deputy-head@vpqh").account["person"]
    day = (datetime.date.today() + datetime.timedelta(days=40)).isoformat()
    subject = "Cuộc họp sẽ bị hủy"
    expert.open("/cases/new/meeting")
    fields = {"f.unit": work.UNIT, "f.subject": subject, "f.chair": chair, "f.day": day, "f.room": "Phòng 1"}
    expert.post(expert.fill("form[action='/cases/new/meeting']", title=subject, grade="0", **fields), allow_redirects=False)
    case = work.CASE.search(work.done(expert, "done-opened")).group(1)
    path = "/" + feed_of(expert).split("://", 1)[1].split("/", 1)[1]

    def told() -> icalendar.Event:
        events = icalendar.Calendar.from_ical(requests.get(demo.base + path, timeout=30).content).walk("VEVENT")
        return next(e for e in events if case in str(e["URL"]))

    before = told()
    assert str(before["STATUS"]) == "CONFIRMED"
    work.attach(expert, case, "tai-lieu")
    work.complete(expert, case, outcome="cancel")
    after = told()
    assert str(after["STATUS"]) == "CANCELLED" and str(after["UID"]) == str(before["UID"])
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])


def test_a_graded_deadline_is_told_without_its_title(demo, staff):
    clerk = staff("clerk@vu-hanh-chinh")
    received(clerk, "Tên này phải giữ kín", grade="1")
    address = feed_of(clerk)
    path = "/" + address.split("://", 1)[1].split("/", 1)[1]
    text = requests.get(demo.base + path, timeout=30).content.decode().replace("\r\n ", "")
    assert "giữ kín" not in text and "độ mật" in text
    assert "giữ kín" in clerk.open("/calendar").get_text()
