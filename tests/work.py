"""Work that people do with cases, through the forms of the pages: from opening a case to its number.

The procedure is `legislative-programme`, the shortest that ends in a numbered resolution: an expert drafts, a committee
verifies, the Secretary-General enters the vote of the sitting, the Chairperson signs, a clerk numbers and seals.
"""

import re

from people import Form, Person, Staff

CASE = re.compile(r"/cases/(case-[0-9a-z]{26})")
UNIT = "vu-phap-luat"
EXPERT = f"expert@{UNIT}"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" \
      b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

# Where a case stands, in order. Each move takes it from one to the next.
STEPS = ["collect", "verify", "vote", "sign", "issue", "publish"]


class NotDone(AssertionError):
    """The program answered, but not that the act was done."""


def done(person: Person, *marks: str) -> str:
    """The address to which the answer to a form leads, when it says that the act was done."""
    answer = person.answer
    target = answer.headers.get("Location", "") if answer.status_code == 303 else answer.url
    if not any(f"done={mark}" in target for mark in marks):
        raise NotDone(f"{answer.request.method} {answer.url}: {answer.status_code} {target} {person.words()[:600]}")
    return target


def opening(person: Person, title: str, unit: str = UNIT) -> Form:
    """The form that opens a case of an expert's unit, filled in."""
    person.open("/cases/new/legislative-programme")
    fields = {"title": title, "f.unit": unit, "f.year": "2027", "f.subject": title, "grade": "0"}
    return person.fill("form[action='/cases/new/legislative-programme']", **fields)


def open_case(person: Person, title: str, unit: str = UNIT) -> str:
    person.post(opening(person, title, unit), allow_redirects=False)
    return CASE.search(done(person, "done-opened")).group(1)


def attach(person: Person, case: str, key: str, data: bytes = PDF, name: str = "tai-lieu.pdf") -> None:
    person.open(f"/cases/{case}/documents/{key}")
    person.send("form[enctype]", {"file": (name, data)}, title="Tài liệu")
    done(person, "done-attached")


def write(person: Person, case: str, key: str, text: str) -> None:
    """The first version of a document that is written in the editor."""
    person.open(f"/cases/{case}/documents/{key}")
    form = person.fill("form.dh-edit", act="save", **{"articles.0.paragraphs.0": text})
    form.fields["signature.title"] = form.fields["signature.title"] or "PHÓ CHỦ NHIỆM"
    person.post(form)
    done(person, "done-attached")


def documents(person: Person, case: str) -> dict:
    """The documents of a case by their key, as the API tells them."""
    return {d["kind"]: d for d in person.api(f"/cases/{case}/documents").json()}


def revision(person: Person, document: str, text: str, note: str) -> Form:
    """The editor's form with another text: a further version of a draft."""
    person.open(f"/documents/{document}/edit")
    return person.fill("form.dh-edit", act="save", note=note, **{"articles.0.paragraphs.0": text})


def complete(person: Person, case: str, **fields) -> None:
    person.open(f"/cases/{case}/step")
    person.send(f"form[action='/cases/{case}/complete']", **fields)
    done(person, "done-completed")


def step_of(person: Person, case: str) -> str:
    """The step at which a case stands; empty when it is over."""
    steps = person.api(f"/cases/{case}").json()["steps"]
    return next((s["key"] for s in steps if s["place"] == "here"), "")


def issue_form(clerk: Person, case: str, code: str | None = None) -> Form:
    """The form that gives a case's resolution its number, with a fresh code or this one."""
    clerk.open(f"/cases/{case}/issue")
    return clerk.fill(f"form[action='/cases/{case}/issue']", code=clerk.code() if code is None else code)


class Line:
    """The people through whose hands a case goes until it waits for its number."""

    def __init__(self, staff: Staff):
        self.expert = staff(EXPERT)
        self.committee = staff("vice-chairperson@ub-phap-luat-tu-phap")
        self.secretary = staff("secretary-general@vpqh")
        self.chair = staff("chairperson@ubtvqh")

    def draft(self, title: str) -> str:
        """A new case whose drafts are written, still with the expert."""
        case = open_case(self.expert, title)
        self.complete_drafts(case)
        return case

    def complete_drafts(self, case: str) -> None:
        there = documents(self.expert, case)
        if "de-nghi" not in there:
            attach(self.expert, case, "de-nghi")
        if "nghi-quyet" not in there:
            write(self.expert, case, "nghi-quyet", "Chương trình lập pháp năm 2027.")

    def move(self, case: str, step: str) -> None:
        """What is to be done at a step, by those who do it."""
        if step == "collect":
            self.complete_drafts(case)
            complete(self.expert, case)
        elif step == "verify":
            if "bao-cao-tham-tra" not in documents(self.committee, case):
                attach(self.committee, case, "bao-cao-tham-tra")
            complete(self.committee, case)
        elif step == "vote":
            self.secretary.open(f"/cases/{case}/vote")
            answers = [i["name"] for i in self.secretary.page().select("input[name^='n.']")]
            counts = {name: "18" if name == "n.for" else "0" for name in answers}
            self.secretary.send(f"form[action='/cases/{case}/vote']", all="18", **counts)
            done(self.secretary, "done-vote")
        elif step == "sign":
            self.chair.open(f"/cases/{case}/sign")
            self.chair.send(f"form[action='/cases/{case}/sign']", code=self.chair.code())
            done(self.chair, "done-signed")
        else:
            raise AssertionError(f"no move of the line at {step}")

    def signed(self, title: str) -> str:
        """A new case that waits for its number."""
        case = self.draft(title)
        while (step := step_of(self.expert, case)) != "issue":
            self.move(case, step)
        return case
