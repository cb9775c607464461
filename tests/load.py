"""Clients that work at the greatest rate through the pages while the program is killed beneath them, and the ledger of
what they were told. Nothing that was acknowledged may be lost, nothing may happen twice, no number may be left out.
"""

import dataclasses
import itertools
import queue
import re
import threading
import time

import requests

import work
from people import Person, Staff


class Patient(Person):
    """A person whose browser, when the program is gone, sends the same request again until it is answered."""

    resent = itertools.count()

    def request(self, method: str, path: str, **kw) -> requests.Response:
        deadline = time.monotonic() + 180
        while True:
            try:
                return super().request(method, path, **kw)
            except requests.RequestException:
                if time.monotonic() > deadline:
                    raise
                next(Patient.resent)
                time.sleep(0.02)


class PatientStaff(Staff):
    browser = Patient


@dataclasses.dataclass
class Ledger:
    """What the program acknowledged."""

    tag: str  # a word that stands in the title of every case of this run
    opened: dict[str, str] = dataclasses.field(default_factory=dict)  # case -> title
    versions: dict[str, list[str]] = dataclasses.field(default_factory=dict)  # document -> remarks of its versions
    moved: dict[str, int] = dataclasses.field(default_factory=dict)  # case -> how many steps it has left behind
    numbered: dict[str, str | None] = dataclasses.field(default_factory=dict)  # document -> its number, once read
    odd: list[str] = dataclasses.field(default_factory=list)  # answers that nobody should get

    def acts(self) -> int:
        versions = sum(len(v) for v in self.versions.values())
        return len(self.opened) + versions + sum(self.moved.values()) + len(self.numbered)

    def copy(self) -> "Ledger":
        """As it stands now, while others go on writing in it."""
        versions = {document: list(notes) for document, notes in list(self.versions.items())}
        return Ledger(self.tag, dict(self.opened), versions, dict(self.moved), dict(self.numbered), list(self.odd))

    def since(self, before: "Ledger") -> "Ledger":
        """What was acknowledged after a copy was made."""
        def new(now: dict, then: dict) -> dict:
            return {k: v for k, v in now.items() if then.get(k) != v}
        return Ledger(self.tag, new(self.opened, before.opened), new(self.versions, before.versions),
                      new(self.moved, before.moved), new(self.numbered, before.numbered))

    def lost(self, reader: Person) -> list[str]:
        """What was acknowledged and is not there."""
        lost = []
        for case, title in self.opened.items():
            answer = reader.api(f"/cases/{case}")
            if answer.status_code != 200 or answer.json()["title"] != title:
                lost.append(f"{case} ({title}): {answer.status_code}")
            elif sum(s["place"] == "done" for s in answer.json()["steps"]) < self.moved.get(case, 0):
                lost.append(f"{case} has left {self.moved[case]} steps behind: {answer.text[:800]}")
        for document, notes in self.versions.items():
            lost += missing_versions(notes, self.remarks(reader, document), document)
        for document, number in self.numbered.items():
            answer = reader.api(f"/documents/{document}")
            found = answer.json().get("number") if answer.status_code == 200 else None
            if found is None or number not in (None, found):
                lost.append(f"{document} had the number {number}: {answer.text[:300]}")
        return lost

    @staticmethod
    def remarks(reader: Person, document: str) -> list[str]:
        """The remarks on a document's versions, oldest first."""
        reader.open(f"/documents/{document}")
        items = reader.page().select("aside li")
        return [(item.select("span.dh-small") or [item])[-1].get_text(strip=True) for item in items][::-1]

    def doubled(self, reader: Person) -> list[str]:
        """Cases of this run that nobody acknowledged, or that one form opened twice."""
        found, total = [], 1
        while len(found) < total:
            page = reader.api(f"/cases?q={self.tag}&from={len(found)}").json()
            total = page["total"]
            found += [(c["id"], c["title"]) for c in page["items"]]
        return [f"{case} ({title})" for case, title in found if self.opened.get(case) != title]


def missing_versions(told: list[str], found: list[str], document: str) -> list[str]:
    return [f"{document}: {note} is there {found.count(note)} times" for note in told if found.count(note) != 1]


def register_faults(numbers: list[int]) -> list[str]:
    """Numbers left out and numbers given twice, of a register's lines in any order."""
    numbers = sorted(numbers)
    wanted = range(numbers[0], numbers[0] + len(numbers)) if numbers else []
    return [f"{is_} where {should} was to come" for is_, should in zip(numbers, wanted) if is_ != should][:10]


def register_numbers(reader: Person, code: str = "nq-ubtvqh") -> list[int]:
    """The numbers of a register as its printed list gives them."""
    reader.open(f"/registers/{code}?format=csv")
    assert reader.answer.status_code == 200, reader.words()[:400]
    reader.answer.encoding = "utf-8"
    return [int(n) for n in re.findall(r"^\"?(\d+)/", reader.answer.text, re.M)]


def at_once(jobs: list) -> None:
    """Runs all jobs in threads that begin together; the first failure is raised here."""
    gate, wrong = threading.Barrier(len(jobs)), []

    def run(job):
        try:
            gate.wait(timeout=120)
            job()
        except Exception as problem:
            wrong.append(problem)

    threads = [threading.Thread(target=run, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=240)
    if wrong:
        raise wrong[0]
    assert not any(t.is_alive() for t in threads)


class Worker(threading.Thread):
    """One client. `act` is done again and again until told to stop."""

    def __init__(self, name: str, ledger: Ledger, ending: threading.Event):
        super().__init__(name=name, daemon=True)
        self.ledger = ledger
        self.ending = ending
        self.count = 0

    def run(self) -> None:
        while not self.ending.is_set():
            try:
                self.count += 1
                self.act()
            except Exception as problem:  # whatever it is, the run must show it
                self.ledger.odd.append(f"{self.name}: {type(problem).__name__}: {problem}")

    def title(self) -> str:
        return f"Hồ sơ {self.ledger.tag} {self.name} {self.count}"


class Opener(Worker):
    """Opens cases."""

    def __init__(self, person: Person, unit: str, *rest):
        super().__init__(*rest)
        self.person, self.unit = person, unit

    def act(self) -> None:
        title = self.title()
        case = work.open_case(self.person, title, self.unit)
        self.ledger.opened[case] = title


class Drafter(Opener):
    """Keeps further versions of a draft, each with a remark; now and then of a new one."""

    PER_DRAFT = 30
    document = None

    def act(self) -> None:
        if self.document is None or len(self.ledger.versions[self.document]) >= self.PER_DRAFT:
            title = self.title()
            case = work.open_case(self.person, title, self.unit)
            self.ledger.opened[case] = title
            work.write(self.person, case, "nghi-quyet", title)
            self.document = work.documents(self.person, case)["nghi-quyet"]["id"]
            self.ledger.versions[self.document] = []
        note = f"lần {self.count}"
        self.person.post(work.revision(self.person, self.document, f"Văn bản {note}.", note), allow_redirects=False)
        # Sent again after an interruption, the text may be there already: then it is said to be saved.
        work.done(self.person, "done-version", "done-saved")
        self.ledger.versions[self.document].append(note)


def code_ran_out(person: Person) -> bool:
    """The act was refused because its code was used by the try before, or ran out on the way: another is needed."""
    return person.answer.status_code in (409, 422) and person.page().select_one("#code-error") is not None


class Carrier(Worker):
    """Takes one case after the other through all hands until it waits for its number."""

    def __init__(self, line: work.Line, waiting: queue.Queue, *rest):
        super().__init__(*rest)
        self.line, self.waiting = line, waiting

    def act(self) -> None:
        title = self.title()
        case = work.open_case(self.line.expert, title)
        self.ledger.opened[case] = title
        while (step := work.step_of(self.line.expert, case)) != "issue":
            try:
                self.line.move(case, step)
            except work.NotDone:
                if step == "sign" and code_ran_out(self.line.chair):
                    continue
                raise
            self.ledger.moved[case] = work.STEPS.index(step) + 1
        self.waiting.put(case)


class Clerk(Worker):
    """Gives numbers to the cases that wait for one."""

    def __init__(self, person: Person, waiting: queue.Queue, *rest):
        super().__init__(*rest)
        self.person, self.waiting = person, waiting

    def act(self) -> None:
        try:
            case = self.waiting.get(timeout=0.2)
        except queue.Empty:
            return
        document = work.documents(self.person, case)["nghi-quyet"]["id"]
        while True:
            self.person.post(work.issue_form(self.person, case), allow_redirects=False)
            if not code_ran_out(self.person):
                break
        work.done(self.person, "done-issued")
        self.ledger.numbered[document] = None
        self.ledger.moved[case] = work.STEPS.index("issue") + 1
        self.ledger.numbered[document] = work.documents(self.person, case)["nghi-quyet"]["number"]
