"""A person at the program's pages: signs in with password and code, opens pages, sends the forms that stand on them."""

import time

import pyotp
import requests
from bs4 import BeautifulSoup

STEP = 30  # seconds of a TOTP step


class Person:
    """One signed-in browser. A code is never used twice, as the program demands."""

    used: dict[str, int] = {}  # login -> last time step used, for the whole test run

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
        login = self.account["login"]
        totp = pyotp.TOTP(self.account["totp"])
        while True:
            now = int(time.time()) // STEP
            step = max(Person.used.get(login, 0) + 1, now - 1)
            if step <= now + 1:
                Person.used[login] = step
                return totp.generate_otp(step)
            time.sleep(1)

    def sign_in(self) -> "Person":
        self.open("/login")
        self.send("form[action='/login']", account=self.account["login"], password=self.account["password"])
        self.send("form[action='/login/code']", code=self.code())
        assert self.answer.ok and "/login" not in self.answer.url, self.words()[:400]
        return self

    def cookies(self) -> list[dict]:
        return [{"name": c.name, "value": c.value} for c in self.session.cookies]
