"""A procedure changed in the browser: draft, errors by line, before and after, trial, check, adoption by a signed act;
running cases stay, new ones follow, one is moved. And a drawing by another tool's library becomes a draft."""

import json
import re
import subprocess
import time

import pytest

import work
from conftest import OUT, ROOT

PROCEDURE = "legislative-programme"
DRAFT = re.compile(r"/procedure-drafts/(draft-[0-9a-z]+)")


def begin(person) -> str:
    person.open(f"/procedures/{PROCEDURE}")
    person.send("form#draft")
    return DRAFT.search(work.done(person, "done-draft-begun")).group(1)


def save_text(person, draft: str, text: str, **more):
    person.open(f"/procedure-drafts/{draft}/text")
    return person.send("#text-form", text=text, **more)


def text_of(person, draft: str) -> str:
    return person.open(f"/procedure-drafts/{draft}/text").select_one("textarea#text").get_text().lstrip("\n")


@pytest.fixture(scope="module")
def people(staff):
    return {
        "drafter": staff("expert@vu-phap-luat"),
        "checker": staff("head@vu-phap-luat"),
        "adopter": staff("head@vpqh"),
    }


def test_the_catalogue_is_searched_and_says_what_runs(staff):
    person = staff("clerk@vu-hanh-chinh")
    person.open("/procedures")
    assert re.search(r"(\d+) trên \1 quy trình chạy được \(100 %\)", person.words()), person.words()[:600]
    person.open("/procedures?q=nghi phep")
    assert "Nghỉ phép" in person.words() and "1 quy trình phù hợp" in person.words()
    person.open("/procedures?q=khongcogi")
    assert "Không có quy trình nào phù hợp" in person.words()
    assert person.page().select_one("form#draft") is None


def test_a_procedure_is_changed_checked_tried_adopted_and_a_case_moved(demo, people, staff, engine):
    drafter, checker, adopter = people["drafter"], people["checker"], people["adopter"]
    stays = work.open_case(drafter, "Hồ sơ giữ phiên bản cũ")
    moves = work.open_case(drafter, "Hồ sơ được chuyển")
    draft = begin(drafter)
    whole = text_of(drafter, draft)
    number = int(re.search(r"^version = (\d+)", whole, re.M).group(1))

    # Errors stand with their line, and the text with errors is kept.
    broken = whole.replace('to = "vote"', 'to = "nowhere"', 1)
    assert broken != whole
    save_text(drafter, draft, broken)
    work.done(drafter, "done-draft-saved")
    line = broken[: broken.index('to = "nowhere"')].count("\n") + 1
    assert "Không có bước “nowhere”. Cách sửa: Ghi mã một bước" in drafter.words(), drafter.words()[:800]
    assert "Dự thảo chưa chạy được" in drafter.words()
    lines = [int(n) for n in re.findall(r"Dòng (\d+)", drafter.words())]
    assert any(abs(n - line) < 5 for n in lines), (lines, line)
    drafter.open(f"/procedure-drafts/{draft}?lang=en")
    assert "There is no step “nowhere”. How to mend it: Write the key of a step" in drafter.words()
    drafter.open(f"/procedure-drafts/{draft}?lang=vi")
    save_text(drafter, draft, whole)

    # Valid from today; then a step by its form, told as a sentence.
    drafter.open(f"/procedure-drafts/{draft}/head")
    drafter.send("#head-form", **{"valid-from": day(drafter)})
    page = drafter.open(f"/procedure-drafts/{draft}")
    steps = [a["href"] for a in page.select("ol a[href*='/steps/']")]
    drafter.open(next(s for s in steps if s.endswith("/verify")))
    drafter.send("#step-form", days="17", unit="working-days", **{"deadline-basis": "Căn cứ thử"})
    work.done(drafter, "done-draft-saved")
    assert re.search(r"Bước “[^”]+”: hạn: .+ → trong 17 ngày làm việc", drafter.words()), drafter.words()[:1500]
    drafter.open(next(s for s in steps if s.endswith("/verify")))
    drafter.send("#step-form", owners="không phải chức vụ")
    assert drafter.answer.status_code == 422 or "chức-vụ@cơ-quan" in drafter.words()

    # Tried on a sample case; nothing is recorded.
    before = drafter.open("/cases").select_one("main").get_text()
    drafter.open(f"/procedure-drafts/{draft}/trial")
    drafter.send("#trial-form", finish="open")
    assert "Hồ sơ mẫu đang ở bước" in drafter.words()
    for _ in range(3):
        ways = drafter.page().select("#trial-form button[name=finish]")
        drafter.send("#trial-form", finish=ways[-1]["value"])
        assert "Không làm được" not in drafter.words(), drafter.words()[:800]
    assert "Đã diễn ra" in drafter.words() and "đúng, đi theo" in drafter.words()
    assert drafter.open("/cases").select_one("main").get_text() == before

    # Whoever drafted does not check; the head checks; the head does not adopt; the head of the Office does, with a code.
    page = drafter.open(f"/procedure-drafts/{draft}")
    assert page.select_one("form#check") is None
    checker.open(f"/procedure-drafts/{draft}")
    checker.send("form#check", note="Đã đọc và thử.")
    work.done(checker, "done-draft-checked")
    checker.open(f"/procedure-drafts/{draft}/adopt")
    assert checker.answer.status_code == 403
    adopter.open(f"/procedure-drafts/{draft}/adopt")
    form = adopter.fill("#adopt-form", code="000000")
    adopter.post(form)
    assert "/adopt" in adopter.answer.url and adopter.answer.status_code >= 400
    adopter.open(f"/procedure-drafts/{draft}/adopt")
    adopter.send("#adopt-form", code=adopter.code())
    work.done(adopter, "done-draft-adopted")
    assert f"Phiên bản {number}" in adopter.words() and "thông qua tại đây" in adopter.words()

    # At once, without a restart: old cases stay, a new one follows the new version.
    new = work.open_case(drafter, "Hồ sơ theo phiên bản mới")
    page = checker.open(f"/procedures/{PROCEDURE}/cases?to={number}")
    offered = {c["name"].removeprefix("case."): c for c in page.select("#transfer-form input[type=checkbox]")}
    assert stays in offered and moves in offered and new not in offered
    form = checker.fill("#transfer-form", reason="Áp dụng thời hạn mới")
    form.fields = {k: v for k, v in form.fields.items() if not k.startswith("case.") or k == f"case.{moves}"}
    checker.post(form)
    work.done(checker, "done-cases-moved")
    checker.open(f"/cases/{moves}")
    assert "Áp dụng thời hạn mới" in checker.words() and f"sang phiên bản {number}" in checker.words()
    page = checker.open(f"/procedures/{PROCEDURE}/cases?to={number}")
    left = {c["name"].removeprefix("case.") for c in page.select("#transfer-form input[type=checkbox]")}
    assert stays in left and moves not in left
    drafter.open(f"/procedures/{PROCEDURE}/cases?to={number}")
    assert drafter.page().select_one("#transfer-form input[name=reason]") is None

    # The act holds the adopter's signature over the text.
    auditor = staff("auditor@vpqh")
    auditor.open(f"/procedures/{PROCEDURE}?version={number}")
    act = auditor.page().select_one(f"a[href^='/journal/procedure:{PROCEDURE}/']")
    auditor.open(act["href"])
    assert "sha256" in auditor.answer.text and "cms" in auditor.answer.text
    assert demo.run("verify", "--quiet", check=False).returncode == 0

    if engine == "sqlite":
        look(demo, people, draft, number)


def look(demo, people, draft: str, number: int) -> None:
    """The pages at both widths, judged by axe-core."""
    second = begin(people["drafter"])
    own = [f"/procedure-drafts/{second}", f"/procedure-drafts/{second}/text", f"/procedure-drafts/{second}/head",
           f"/procedure-drafts/{second}/steps/verify", f"/procedure-drafts/{second}/trial", "/procedure-drafts",
           f"/procedures/{PROCEDURE}", "/procedures/law-two-sessions", "/procedures", "/procedures?q=luật"]
    visits = [
        {"role": "drafter", "cookies": people["drafter"].cookies(), "paths": own},
        {"role": "checker", "cookies": people["checker"].cookies(),
         "paths": [f"/procedures/{PROCEDURE}/cases?to={number}", f"/procedure-drafts/{draft}"]},
    ]
    order = {"base": demo.base, "out": str(OUT / "procedures"), "visits": visits}
    done = subprocess.run(["node", "axe.mjs"], input=json.dumps(order), text=True, capture_output=True,
                          cwd=ROOT / "tests", timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    judged = [json.loads(line) for line in done.stdout.splitlines()]
    wrong = [(p["path"], p["width"], p["status"], p["violations"], p["overflow"], p["errors"])
             for p in judged if p["violations"] or p["overflow"] or p["errors"] or p["status"] >= 400]
    assert len(judged) == 24 and wrong == []


def test_a_drawing_of_another_tool_becomes_a_draft(people):
    drafter = people["drafter"]
    made = subprocess.run(["node", "bpmn-make.mjs"], capture_output=True, cwd=ROOT / "tests", timeout=60, check=True)
    drafter.open("/procedure-drafts")
    name = "tra-loi-" + work_id(drafter)
    drafter.send("form[enctype]", {"bpmn": ("ve.bpmn", made.stdout)}, id=name, field="direction")
    draft = DRAFT.search(work.done(drafter, "done-draft-begun")).group(1)
    assert "Quy trình mới" in drafter.words() and "Dự thảo chưa chạy được" not in drafter.words(), drafter.words()[:800]
    text = text_of(drafter, draft)
    assert 'owner = "clerk@vu-hanh-chinh"' in text and 'owner = "expert@vu-tong-hop"' in text
    drafter.open("/procedure-drafts")
    bomb = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "a">]><definitions/>'
    drafter.send("form[enctype]", {"bpmn": ("ve.bpmn", bomb)}, id=name + "-2", field="direction")
    assert drafter.answer.status_code == 422 and "Tệp có khai báo DOCTYPE" in drafter.words()
    drafter.open(f"/procedure-drafts/{draft}")
    drafter.send("form#withdraw", reason="Chỉ để thử")
    work.done(drafter, "done-draft-withdrawn")
    save_text(drafter, draft, "x")
    assert "không sửa được nữa" in drafter.words()


def day(person) -> str:
    """Today in Hà Nội by the program's clock."""
    return time.strftime("%d/%m/%Y", time.gmtime(person.program_time() + 7 * 3600))


def work_id(person) -> str:
    return f"{person.program_time():x}"
