"""The main job from end to end: five resolutions through the pages, on both engines; then others judge what is left."""

import json
import re
import subprocess
import unicodedata

import pytest
import requests

from conftest import OUT, ROOT, fresh_program
from judges import archive_form
from test_papers import judged as judged_by_pyhanko

NUMBERS = ["1336", "1343", "1344", "1345", "1350"]


@pytest.fixture(scope="session")
def finished(engine, tmp_path_factory, request):
    """(the program over the data that the scenario left, the folder of papers, pages and report)."""
    folder = tmp_path_factory.mktemp(f"scenario-{engine}")
    out = OUT / f"scenario-{engine}"
    program = fresh_program(engine, folder, request)
    program.run("scenario", "--data", str(folder), "--out", str(out))
    program.start()
    yield program, out
    program.stop()


@pytest.fixture(scope="session")
def report(finished):
    return json.loads((finished[1] / "report.json").read_text())


def test_all_five_are_carried_through_and_everything_was_seen_that_should_be(report):
    assert [r["number"] for r in report["resolutions"]] == [f"{n}/NQ-UBTVQH15" for n in NUMBERS]
    seen = " ".join(" ".join(r["seen"]) for r in report["resolutions"])
    for part in ("trả lại kèm lý do", "Hai người sửa một lúc", "hết thời hạn", "mọi thành viên đã trả lời", "chuyên trách",
                 "Ban soạn thảo có trong danh bạ", "Chức vụ tại Hội đồng nhân dân", "trang chỉ số", "giữ chế độ"):
        assert part in seen, part


def test_what_the_scenario_left_verifies(finished):
    assert "everything is as it was recorded" in finished[0].run("verify", "--quiet").stdout


def test_the_scenario_refuses_storage_that_is_not_fresh(finished, tmp_path):
    program, _ = finished
    done = program.run("scenario", "--data", str(program.data), "--out", str(tmp_path / "out"), check=False)
    assert done.returncode != 0 and "fresh storage" in done.stderr, done.stderr


@pytest.mark.parametrize("number", NUMBERS)
def test_both_signatures_are_valid_for_pyhanko_and_the_file_is_clean_for_qpdf(finished, number):
    _, out = finished
    found = judged_by_pyhanko(out / f"{number}.pdf", out / "root.pem")
    assert [(f["bottom_line"], f["trusted"], f["intact"]) for f in found] == [(True, True, True)] * 2, found
    done = subprocess.run(["qpdf", "--check", str(out / f"{number}.pdf")], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_paper_is_pdf_a_2b_for_verapdf(finished):
    found = archive_form.judged(*[finished[1] / f"{number}.pdf" for number in NUMBERS])
    assert [(j["form"], j["faults"]) for j in found] == [("2b", [])] * len(NUMBERS), found


def without_spaces(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_the_text_of_every_paper_is_the_text_that_was_drafted(finished, report):
    for resolution in report["resolutions"]:
        raw = subprocess.run(["pdftotext", str(finished[1] / resolution["pdf"]), "-"], capture_output=True, check=True)
        text = raw.stdout.decode("utf-8")
        assert text == unicodedata.normalize("NFC", text)
        assert resolution["number"] in text
        for paragraph in resolution["text"]:
            # The paper sets its own line ends and page numbers; every letter between must be the drafter's.
            assert without_spaces(paragraph) in without_spaces(re.sub(r"\n\f?\d+\n", "\n", text)), paragraph


def test_numbers_are_given_once_each_in_order_of_issue(finished):
    program, _ = finished
    listing = requests.get(program.base + "/api/v1/resolutions", timeout=30).json()
    assert sorted(item["number"] for item in listing["items"]) == [f"{n}/NQ-UBTVQH15" for n in NUMBERS]


@pytest.fixture(scope="session")
def shown(finished, engine):
    """Every kind of page that somebody saw in the walk, as it was shown, judged at both widths."""
    if engine != "sqlite":
        pytest.skip("the pages are the same on both engines")
    program, out = finished
    pages = json.loads((out / "pages" / "pages.json").read_text())
    roles = sorted({p["role"] for p in pages})
    kept = {role: [{"path": p["path"], "status": p["status"], "name": p["file"], "html": (out / "pages" / p["file"]).read_text()}
                   for p in pages if p["role"] == role] for role in roles}
    order = {"base": program.base, "out": str(OUT / "walk"),
             "visits": [{"role": role, "cookies": [], "paths": [], "kept": kept[role]} for role in roles]}
    done = subprocess.run(
        ["node", "axe.mjs"], input=json.dumps(order), text=True, capture_output=True, cwd=ROOT / "tests", timeout=900
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return pages, [json.loads(line) for line in done.stdout.splitlines()]


def test_axe_finds_nothing_on_any_page_of_the_walk(shown):
    pages, judged = shown
    assert len(judged) == 2 * len(pages) > 140
    assert [(p["role"], p["path"], p["width"], p["violations"]) for p in judged if p["violations"]] == []


def test_no_page_of_the_walk_scrolls_sideways(shown):
    assert [(p["role"], p["path"], p["width"]) for p in shown[1] if p["overflow"]] == []
