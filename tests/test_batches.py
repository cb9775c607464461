"""Many documents signed under one approval, at the pages: chosen in the inbox, approved with one code, watched, cut off by
SIGKILL, gone on with under a new code; plain forms and links only."""

import json
import subprocess
import time

import pytest

import work
from conftest import OUT, ROOT, seeded
from people import Staff

SPEED = 10  # the clock runs fast, so that a code of the second factor is new every three seconds


@pytest.fixture
def program(engine, tmp_path_factory, request):
    program = seeded(engine, tmp_path_factory, request, "batches", "--bare", speed=SPEED)
    program.start()
    yield program
    program.kill()


def waiting(line: work.Line, title: str) -> str:
    case = line.draft(title)
    while (step := work.step_of(line.expert, case)) != "sign":
        line.move(case, step)
    return case


def choose(chair, cases: list[str]) -> None:
    """Chooses these cases in the inbox and comes to the list that will be signed."""
    chair.open("/inbox")
    keys = {i["name"]: i["value"] for i in chair.page().select("input[name^='task.']")}
    chosen = {name: key for name, key in keys.items() if key.split("/")[0] in cases}
    assert len(chosen) == len(cases), keys
    chair.send("form[method=post][action='/inbox']", do="sign", **chosen)
    assert "/batches?cases=" in chair.answer.url, chair.words()


def state(chair) -> list[str]:
    """What stands beside each document on the open page of an approval."""
    return [row.select("td")[1].get_text(" ").split()[0:2] for row in chair.page().select("tbody tr")]


def count(chair, words: str) -> int:
    return sum(" ".join(words_of) == words for words_of in state(chair))


def wait_until(chair, batch: str, ready, seconds: float = 60):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        chair.open(batch)
        if ready():
            return
        time.sleep(0.2)
    raise AssertionError(chair.words())


def signatures(chair, case: str, tmp_path) -> int:
    """How many signatures pdfsig finds in the case's resolution; each must be valid in itself."""
    document = work.documents(chair, case)["nghi-quyet"]["id"]
    pdf = tmp_path / f"{document}.pdf"
    pdf.write_bytes(chair.request("GET", f"/documents/{document}/paper.pdf").content)
    told = subprocess.run(["pdfsig", "-nocert", str(pdf)], capture_output=True, text=True, check=False).stdout
    # The seal's field is there and empty: it comes with the number.
    assert told.count("Signature Validation:") == 1 and told.count("is not signed") == 1, told
    return told.count("Signature is Valid")


def keep(kept: list, chair, name: str) -> None:
    """Keeps the open page, to be looked at later as it was."""
    path = chair.answer.url.removeprefix(chair.base).split("?")[0]
    kept.append({"name": name, "path": path, "status": chair.answer.status_code, "html": chair.answer.text})


def judge(chair, kept: list) -> None:
    """The kept pages in Chromium at two widths, by axe-core."""
    walk = [{"role": "chairperson", "cookies": chair.cookies(), "paths": [], "kept": kept}]
    order = {"base": chair.base, "out": str(OUT / "batches"), "visits": walk}
    done = subprocess.run(["node", "axe.mjs"], input=json.dumps(order), text=True, capture_output=True, cwd=ROOT / "tests", timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    pages = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(pages) == 2 * len(kept)
    assert [(p["path"], p["width"], p["violations"]) for p in pages if p["violations"] or p["overflow"]] == []


def test_a_list_is_signed_under_one_code_and_gone_on_with_after_a_kill(program, tmp_path):
    staff = Staff(program)
    line = work.Line(staff)
    chair = line.chair
    cases = [waiting(line, f"Chương trình lập pháp {n}") for n in range(5)]

    choose(chair, cases)
    shown = chair.page().select("input[name^='line.']")
    kept: list = []
    keep(kept, chair, "list")
    assert len(shown) == 5 and chair.words().count("SHA-256") >= 5
    chair.send("form[action='/batches']", code="000000")
    assert "Mã xác thực không đúng" in chair.words() and len(chair.page().select("input[checked]")) == 5
    keep(kept, chair, "wrong-code")
    form = chair.fill("form[action='/batches']", code=chair.code())
    chair.post(form)
    batch = chair.answer.url.split("?")[0].removeprefix(program.base)
    assert batch.startswith("/batches/batch-"), chair.words()
    # An impatient browser sends the same form again: the same approval, and no second run.
    chair.post(form)
    assert chair.answer.url.split("?")[0].endswith(batch), chair.words()
    wait_until(chair, batch, lambda: count(chair, "Đã ký") >= 1)
    keep(kept, chair, "running")
    program.kill()
    program.start()

    # What was cut off says so, and the very form that began it, whose code is old by now, begins nothing again.
    wait_until(chair, batch, lambda: "Việc ký bị ngắt" in chair.words() or "Đã ký xong" in chair.words())
    signed = count(chair, "Đã ký")
    keep(kept, chair, "cut-off")
    chair.post(form)
    time.sleep(1)
    chair.open(batch)
    assert count(chair, "Đã ký") == signed
    if signed < 5:
        assert "phê duyệt mới" in chair.words()
        # In the meantime one of them goes back to be written anew.
        left = [a["href"].split("/")[-1] for row in chair.page().select("tbody tr") if "Chờ ký" in row.get_text()
                for a in row.select("a[href^='/cases/']")]
        chair.open(f"/cases/{left[-1]}/sign")
        chair.send(f"form[action='/cases/{left[-1]}/return']", reason="Sửa Điều 1.")
        chair.open(batch)
        chair.send(f"form[action='{batch}/continue']", code=chair.code())
        wait_until(chair, batch, lambda: "Chờ ký" not in chair.words())
        assert count(chair, "Không ký") == 1 and count(chair, "Đã ký") == 4, chair.words()
        assert "không chờ chữ ký" in chair.words()
        cases.remove(left[-1])
    keep(kept, chair, "done")
    for case in cases:
        assert signatures(chair, case, tmp_path) == 1
        assert work.step_of(line.expert, case) == "issue"
    chair.open("/batches")
    assert batch in str(chair.page()) and "Đã xong" in chair.words()
    keep(kept, chair, "earlier")
    judge(chair, kept)
    # Nobody else finds it.
    assert line.secretary.request("GET", batch).status_code == 404
    program.kill()
    verified = program.run("verify", "--quiet", check=False)
    assert verified.returncode == 0, verified.stdout[-3000:] + verified.stderr[-2000:]


def test_what_is_not_a_signature_cannot_be_signed_in_a_list(program):
    staff = Staff(program)
    line = work.Line(staff)
    case = waiting(line, "Chương trình lập pháp")
    chair, expert = line.chair, line.expert
    other = line.draft("Chưa trình")
    expert.open(f"/batches?cases={other},{case},x,case-{'0' * 26}")
    assert not expert.page().select("input[name^='line.']")
    chair.open(f"/batches?cases={case}")
    value = chair.page().select_one("input[name^='line.']")["value"]
    for wrong in (value.replace("~", "~9", 1), value[:-1] + ("0" if value[-1] != "0" else "1"), "x~y", "~" * 6):
        chair.open(f"/batches?cases={case}")
        chair.send("form[action='/batches']", code=chair.code(), **{"line.1": wrong})
        assert "/batches/" not in chair.answer.url and chair.answer.status_code in (409, 422), chair.words()
    assert work.step_of(expert, case) == "sign"
    chair.open("/batches")
    assert chair.page().select("input[name^='line.']") and "Các lần phê duyệt trước" not in chair.words()
