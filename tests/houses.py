"""Two houses that exchange documents: what tests of the ways share."""

import re
import time

import requests

import work
from conftest import Program, seeded
from people import Person, Staff

A, B = "000.00.00.C01", "000.00.18.H41"
NAME_A, NAME_B = "Văn phòng thử nghiệm A", "Sở Thử nghiệm B"
CLERK = "clerk@vu-hanh-chinh"


def house(engine: str, tmp_path_factory, request, organ: str, name: str) -> Program:
    """A seeded house that looks for what waits each second, not started yet."""
    program = seeded(engine, tmp_path_factory, request, f"house-{organ}")
    program.env |= {
        "DIENHONG_AXIS_ORGAN": organ, "DIENHONG_AXIS_NAME": name, "DIENHONG_AXIS_POLL_SECONDS": "1",
        "DIENHONG_AXIS_RETRY_SECONDS": "1", "DIENHONG_AXIS_PATIENCE_SECONDS": "20",
    }
    program.staff = Staff(program)
    return program


def until(what, seconds: float = 90):
    """The first true answer; what comes over a wire comes when it comes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := what():
            return answer
        time.sleep(0.3)
    raise AssertionError(f"it did not come within {seconds} s")


def document(program: Program) -> str:
    """A published document of the house."""
    return re.search(r"document-[0-9a-z]{26}", requests.get(program.base + "/resolutions", timeout=30).text).group()


def dispatch(clerk: Person, of: str, to: str, query: str, **way: str) -> str:
    """Sends a document to a body that is found by its name, by the usual way or by `way`; gives the page of the dispatch."""
    def found():
        clerk.open(f"/documents/{of}/send")
        clerk.send("form[action$='/send']", q=query, do="search", **way)
        return clerk.page().select_one(f"input[type=checkbox][value='{to}']")

    clerk.send("form[action$='/send']", **{until(found)["name"]: to}, do="add")
    clerk.send("form[action$='/send']", do="review")
    assert "Bước 2 trong 2" in clerk.words(), clerk.words()[:900]
    clerk.send("form[action$='/send']", do="send")
    return re.search(r"/outgoing/[\w-]+", work.done(clerk, "done-dispatched")).group()


def arrivals(clerk: Person, query: str, state: str = "") -> list[str]:
    """The pages of what came in and is found by a word."""
    table = str(clerk.open(f"/incoming?q={query}&state={state}").select_one("main table") or "")
    return sorted(set(re.findall(r"/incoming/arrival-[0-9a-z]+", table)))


def quarantine(clerk: Person) -> str:
    """What the page says of packages that are held back."""
    return clerk.open("/incoming/quarantine").get_text(" ", strip=True)


def secrets_stay(clerk: Person, page: str) -> None:
    """A withdrawal whose reason carries a mark of secrecy is refused by the page, in words."""
    clerk.open(page + "/withdraw")
    clerk.send(f"form[action='{page}/withdraw']", reason="Phụ lục kèm theo là TỐI MẬT")
    assert "done=" not in clerk.answer.url and "mật" in clerk.words().lower(), clerk.words()[:600]
