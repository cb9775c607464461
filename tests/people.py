"""A person at the program's pages: signs in with password and code, opens pages, sends the forms that stand on them."""

import dataclasses
import email.utils
import threading
import time

import pyotp
import requests
from bs4 import BeautifulSoup

STEP = 30  # seconds of a TOTP step


@dataclasses.dataclass
class Form:
    """A form of a page, filled in."""

    action: str
    fields: dict
    files: dict | None = None


class Person:
    """One signed-in browser. A code is never used twice, as the program demands."""

    used: dict[str, int] = {}  # second factor -> last time step used, for the whole test run
    using = threading.Lock()

    def __init__(self, program, account: dict | None = None):
        self.program = program
        self.base = program.base
        self.account = account
        self.session = requests.Session()
        self.session.headers["Accept-Language"] = "vi"
        self.answer = None

    def request(self, method: str, path: str, **kw) -> requests.Response:
        return self.session.request(method, requests.compat.urljoin(self.base, path), **{"timeout": 60, **kw})

    def open(self, path: str, **kw) -> BeautifulSoup:
        self.answer = self.request("GET", path, **kw)
        return self.page()

    def api(self, path: str) -> requests.Response:
        """An answer of the API; the open page stays open."""
        return self.request("GET", "/api/v1" + path)

    def page(self) -> BeautifulSoup:
        return BeautifulSoup(self.answer.text, "html.parser")

    def words(self) -> str:
        page = self.page()
        return " ".join((page.find("main") or page).get_text(" ").split())

    def form(self, selector: str) -> tuple[str, dict]:
        """The address and the fields that a form of the open page carries."""
        form = self.page().select_one(selector)
        assert form is not None, f"no form {selector} on {self.answer.url}: {self.words()[:400]}"
        fields = {}
        for control in form.select("input[name], textarea[name], select[name]"):
            kind = control.get("type", "text")
            if kind in ("submit", "file") or (kind in ("radio", "checkbox") and not control.has_attr("checked")):
                continue
            if control.name == "textarea":
                fields[control["name"]] = control.get_text()
            elif control.name == "select":
                chosen = control.select_one("option[selected]") or control.select_one("option")
                fields[control["name"]] = chosen.get("value", chosen.get_text()) if chosen else ""
            else:
                fields[control["name"]] = control.get("value", "")
        return requests.compat.urljoin(self.answer.url, form.get("action") or self.answer.url), fields

    def fill(self, selector: str, files: dict | None = None, **values) -> Form:
        """The form as it would be sent, with these values typed over its own; a file is a pair (name, bytes)."""
        action, fields = self.form(selector)
        return Form(action, {**fields, **values}, files)

    def post(self, form: Form, **kw) -> requests.Response:
        """Sends a filled form; sending the same one again is what an impatient or interrupted browser does."""
        self.answer = self.request("POST", form.action, data=form.fields, files=form.files, **kw)
        return self.answer

    def send(self, selector: str, files: dict | None = None, **values) -> requests.Response:
        return self.post(self.fill(selector, files, **values))

    def code(self) -> str:
        """The next code of this person's second factor that has not been used; waits for it when it must."""
        secret = self.account["totp"]
        while True:
            now = self.program_time() // STEP
            first = now - 1 if self.program.speed == 1 else now  # a fast clock would let the code before run out
            with Person.using:
                step = max(Person.used.get(secret, 0) + 1, first)
                if step <= now + 1:
                    Person.used[secret] = step
                    return pyotp.TOTP(secret).generate_otp(step)
            time.sleep(0.1)

    def program_time(self) -> int:
        """Seconds since 1970 by the program's clock, which a test may let run fast."""
        answer = self.request("GET", "/healthz")
        return int(email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp())

    def sign_in(self) -> "Person":
        self.open("/login")
        self.send("form[action='/login']", account=self.account["login"], password=self.account["password"])
        self.send("form[action='/login/code']", code=self.code())
        assert self.answer.ok and "/login" not in self.answer.url, self.words()[:400]
        return self

    def cookies(self) -> list[dict]:
        return [{"name": c.name, "value": c.value} for c in self.session.cookies]


def holders(accounts: dict, seat: str) -> list[dict]:
    """The accounts that hold a seat: `position@body`, or `position@` for one of any body."""
    fits = (lambda held: held.startswith(seat)) if seat.endswith("@") else (lambda held: held == seat)
    return [a for a in accounts.values() if any(map(fits, a["holds"]))]


class Staff:
    """The people of one program, each signed in when first asked for."""

    browser = Person

    def __init__(self, program):
        self.program = program
        self.signed_in: dict[str, Person] = {}

    def __call__(self, seat: str) -> Person:
        return self.all(seat, 1)[0]

    def all(self, seat: str, most: int | None = None) -> list[Person]:
        """Everybody who holds a seat."""
        held = holders(self.program.accounts(), seat)[:most]
        for account in held:
            if account["login"] not in self.signed_in:
                self.signed_in[account["login"]] = self.browser(self.program, account).sign_in()
        return [self.signed_in[account["login"]] for account in held]
