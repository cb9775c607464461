"""Every kind of user's main pages in Chromium, judged by axe-core at the two widths that officials use."""

import json
import re
import subprocess

import pytest
import requests

from conftest import OUT, ROOT
from people import Person

VIEWERS = {
    "chairperson": "chairperson@ubtvqh",
    "clerk": "clerk@vu-hanh-chinh",
    "expert": "expert@",
    "auditor": "auditor@",
}
PATHS = ["/", "/cases", "/cases/new", "/registers", "/procedures", "/indicators", "/bodies", "/people", "/account"]


def holding(accounts: dict, seat: str) -> dict:
    return next(a for a in accounts.values() if any(h.startswith(seat) for h in a["holds"]))


def visits(demo) -> list[dict]:
    listing = requests.get(demo.base + "/resolutions", timeout=30).text
    document = re.search(r"document-[0-9a-z]{26}", listing).group()
    public = ["/resolutions", f"/resolutions/{document}", "/verify", "/about", "/login", "/resolutions?lang=en"]
    found = [{"role": "public", "cookies": [], "paths": public}]
    accounts = demo.accounts()
    for role, seat in VIEWERS.items():
        person = Person(demo, holding(accounts, seat)).sign_in()
        person.open("/cases")
        case = re.search(r"/cases/case-[0-9a-z]{26}", person.answer.text)
        paths = PATHS + ([case.group()] if case else []) + (["/journal"] if role == "auditor" else [])
        found.append({"role": role, "cookies": person.cookies(), "paths": paths})
    return found


@pytest.fixture(scope="session")
def judged(demo):
    order = {"base": demo.base, "out": str(OUT / "pages"), "visits": visits(demo)}
    done = subprocess.run(
        ["node", "axe.mjs"], input=json.dumps(order), text=True, capture_output=True, cwd=ROOT / "tests", timeout=900
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_axe_finds_nothing_at_wcag_22_aa(judged):
    assert len(judged) > 50
    assert [(p["role"], p["path"], p["width"], p["violations"]) for p in judged if p["violations"]] == []


def test_no_page_scrolls_sideways_or_reports_an_error(judged):
    wrong = [(p["role"], p["path"], p["width"], p["status"], p["overflow"], p["errors"])
             for p in judged if p["overflow"] or p["errors"] or p["status"] >= 400]
    assert wrong == []
