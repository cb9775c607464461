"""A person at the program's pages: signs in with password and code, opens pages, sends the forms that stand on them."""

import email.utils
import threading
import time

import pyotp
import requests
from bs4 import BeautifulSoup

STEP = 30  # seconds of a TOTP step


class Person:
    """One signed-in browser. A code is never used twice, as the program demands."""

    used: dict[str, int] = {}  # second factor -> last time step used, for the whole test run
    using = threading.Lock()

    def __init__(self, program, account: dict | None = None):
        self.base = program.base
        self.account = account
        self.session = requests.Session()
        self.session.headers["Accept-Language"] = "vi"
        self.answer = None

    def open(self, path: str, **kw) -> BeautifulSoup:
        self.answer = self.session.get(requests.compat.urljoin(self.base, path), timeout=30, **kw)
        return self.page()

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

    def send(self, selector: str, files=None, **values) -> requests.Response:
        action, fields = self.form(selector)
        fields.update(values)
        self.answer = self.session.post(action, data=fields, files=files, timeout=60)
        return self.answer

    def code(self) -> str:
        """The next code of this person's second factor that has not been used; waits for it when it must."""
        secret = self.account["totp"]
        while True:
            now = self.program_time() // STEP
            with Person.using:
                step = max(Person.used.get(secret, 0) + 1, now - 1)
                if step <= now + 1:
                    Person.used[secret] = step
                    return pyotp.TOTP(secret).generate_otp(step)
            time.sleep(0.1)

    def program_time(self) -> int:
        """Seconds since 1970 by the program's clock, which a test may let run fast."""
        answer = requests.get(self.base + "/healthz", timeout=30)
        return int(email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp())

    def sign_in(self) -> "Person":
        self.open("/login")
        self.send("form[action='/login']", account=self.account["login"], password=self.account["password"])
        self.send("form[action='/login/code']", code=self.code())
        assert self.answer.ok and "/login" not in self.answer.url, self.words()[:400]
        return self

    def cookies(self) -> list[dict]:
        return [{"name": c.name, "value": c.value} for c in self.session.cookies]


def holding(accounts: dict, seat: str) -> dict:
    """The first account that holds a seat, `position@body`; what stands behind the @ may be left out."""
    return next(a for a in accounts.values() if any(h.startswith(seat) for h in a["holds"]))


class Staff:
    """The people of one program, each signed in when first asked for."""

    def __init__(self, program):
        self.program = program
        self.signed_in: dict[str, Person] = {}

    def __call__(self, seat: str) -> Person:
        account = holding(self.program.accounts(), seat)
        if account["login"] not in self.signed_in:
            self.signed_in[account["login"]] = Person(self.program, account).sign_in()
        return self.signed_in[account["login"]]

    def all(self, seat: str) -> list[Person]:
        """Everybody who holds a seat."""
        held = [a for a in self.program.accounts().values() if any(h.startswith(seat) for h in a["holds"])]
        for account in held:
            if account["login"] not in self.signed_in:
                self.signed_in[account["login"]] = Person(self.program, account).sign_in()
        return [self.signed_in[account["login"]] for account in held]
