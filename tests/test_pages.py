"""Every kind of user's main pages in Chromium, judged by axe-core at the two widths that officials use."""

import json
import re
import subprocess

import pytest
import requests

from conftest import OUT, ROOT

VIEWERS = {
    "chairperson": "chairperson@ubtvqh",
    "clerk": "clerk@vu-hanh-chinh",
    "expert": "expert@",
    "auditor": "auditor@",
}
PATHS = ["/", "/fields", "/fields/lawmaking", "/cases", "/cases/new", "/registers", "/procedures", "/indicators", "/bodies", "/people", "/account",
         "/inbox", "/inbox?due=overdue", "/delegations", "/calendar", "/notices", "/batches"]
SHORT_VIEWERS = {"clerk": VIEWERS["clerk"]}
SHORT_PATHS = ["/", "/cases", "/registers", "/people"]


def visits(demo, staff, viewers: dict, paths: list) -> list[dict]:
    listing = requests.get(demo.base + "/resolutions", timeout=30).text
    document = re.search(r"document-[0-9a-z]{26}", listing).group()
    public = ["/resolutions", f"/resolutions/{document}", "/verify", "/about", "/login", "/resolutions?lang=en"]
    found = [{"role": "public", "cookies": [], "paths": public}]
    for role, seat in viewers.items():
        person = staff(seat)
        case = person.open("/cases").select_one("main a[href^='/cases/case-']")["href"]
        own = paths + [case] + (["/journal", "/certificates", "/certificates/devices", "/certificates/requests", "/trust"] if role == "auditor" else [])
        found.append({"role": role, "cookies": person.cookies(), "paths": own})
    return found


@pytest.fixture(scope="session")
def judged(demo, staff, engine):
    """The whole walk on SQLite; on PostgreSQL, where the pages come from the same templates, those that list most."""
    whole = engine == "sqlite"
    walk = visits(demo, staff, VIEWERS, PATHS) if whole else visits(demo, staff, SHORT_VIEWERS, SHORT_PATHS)
    order = {"base": demo.base, "out": str(OUT / "pages") if whole else None, "visits": walk}
    done = subprocess.run(
        ["node", "axe.mjs"], input=json.dumps(order), text=True, capture_output=True, cwd=ROOT / "tests", timeout=900
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_axe_finds_nothing_at_wcag_22_aa(judged, engine):
    assert len(judged) > (50 if engine == "sqlite" else 15)
    assert [(p["role"], p["path"], p["width"], p["violations"]) for p in judged if p["violations"]] == []


def test_no_page_scrolls_sideways_or_reports_an_error(judged):
    wrong = [(p["role"], p["path"], p["width"], p["status"], p["overflow"], p["errors"])
             for p in judged if p["overflow"] or p["errors"] or p["status"] >= 400]
    assert wrong == []
