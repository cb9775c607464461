"""What every page of the program owes its reader, also the page that says what went wrong."""

import json
import pathlib
import re
import subprocess
import unicodedata

import requests
from bs4 import BeautifulSoup

from conftest import ROOT

# What belongs in the log: where in the code, in which table, in which folder something went wrong.
INTERNALS = re.compile(
    r"panick|backtrace|\.rs\b|SELECT |INSERT |sqlx|sqlite|postgres|tokio|axum|/tmp/|/var/|/home/|Err\(|None\b|unwrap|thread '"
)
POLICY = {
    "default-src": "'none'", "style-src": "'self'", "script-src": "'self'", "img-src": "'self'", "font-src": "'self'",
    "connect-src": "'self'", "form-action": "'self'", "base-uri": "'none'", "frame-ancestors": "'none'",
    "object-src": "'none'",
}


def said(answer: requests.Response) -> str:
    page = BeautifulSoup(answer.text, "html.parser")
    return " ".join((page.find("main") or page).get_text(" ").split())


def assert_clear(answer: requests.Response, status: int | tuple, *words: str, lang: str = "vi") -> None:
    """A page that tells in words what is wrong, and shows nothing of the program's insides."""
    expected = (status,) if isinstance(status, int) else status
    assert answer.status_code in expected, f"{answer.status_code} {said(answer)[:600]}"
    assert answer.headers["Content-Type"].startswith("text/html"), answer.headers
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.html["lang"] == lang and page.find("h1") is not None, answer.text[:400]
    text = said(answer)
    assert len(text) > 20 and not INTERNALS.search(text), text
    assert text == unicodedata.normalize("NFC", text)
    for word in words:
        assert word in text, f"{word!r} is not said: {text[:800]}"
    assert_protected(answer)


def assert_protected(answer: requests.Response) -> None:
    """The headers of every answer, and no script or style within the page itself."""
    rules = dict(r.strip().split(" ", 1) for r in answer.headers["Content-Security-Policy"].split(";"))
    for directive, sources in POLICY.items():
        assert rules.get(directive) == sources, (answer.url, directive, rules.get(directive))
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return
    page = BeautifulSoup(answer.text, "html.parser")
    inline = [s for s in page.find_all("script") if not s.get("src")] + page.find_all("style")
    inline += [t for t in page.find_all(True) if any(a == "style" or a.startswith("on") for a in t.attrs)]
    assert inline == [], (answer.url, inline[:3])


def assert_fit(base: str, out: pathlib.Path, *answers: tuple[str, requests.Response]) -> None:
    """Pages that are shown once only, as they were shown: axe-core finds nothing, and they fit both widths."""
    kept = [{"path": "/about", "status": 200, "name": name, "html": answer.text} for name, answer in answers]
    order = {"base": base, "out": str(out), "visits": [{"role": "once", "cookies": [], "paths": [], "kept": kept}]}
    done = subprocess.run(["node", "axe.mjs"], input=json.dumps(order), text=True, capture_output=True, cwd=ROOT / "tests", timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == 2 * len(answers)
    assert [(f["width"], f["violations"], f["overflow"]) for f in found if f["violations"] or f["overflow"]] == []
