"""The papers that the main job leaves, judged by programs that others wrote."""

import json
import re
import subprocess
import sys
import unicodedata

import pytest

from conftest import ROOT


def papers(out):
    found = sorted(out.glob("*.pdf"))
    assert len(found) >= 5, f"the scenario left {len(found)} papers in {out}"
    return found


def judge(pdf, root):
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/judges/pyhanko_validate.py"), str(pdf), "--trust", str(root)],
        text=True, capture_output=True, timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_pyhanko_trusts_both_signatures_of_every_paper(finished):
    _, out = finished
    for pdf in papers(out):
        report = judge(pdf, out / "root.pem")
        assert len(report["signatures"]) == 2, pdf.name
        for signature in report["signatures"]:
            assert signature["intact"] and signature["valid"] and signature["trusted"], (pdf.name, signature)
            assert signature["bottom_line"], (pdf.name, signature)
        assert report["signatures"][1]["coverage"] == "ENTIRE_FILE", pdf.name


def test_pdfsig_calls_both_signatures_valid_with_the_root_as_anchor(finished, tmp_path):
    _, out = finished
    db = tmp_path / "nss"
    db.mkdir()
    subprocess.run(["certutil", "-N", "-d", f"sql:{db}", "--empty-password"], check=True)
    subprocess.run(["certutil", "-A", "-d", f"sql:{db}", "-n", "root", "-t", "CT,CT,CT", "-i", str(out / "root.pem")], check=True)
    for pdf in papers(out):
        text = subprocess.run(["pdfsig", "-nssdir", str(db), str(pdf)], text=True, capture_output=True, timeout=60).stdout
        assert text.count("Signature is Valid") == 2, text
        assert text.count("Certificate is Trusted") == 2, text


def test_qpdf_finds_nothing(finished):
    _, out = finished
    for pdf in papers(out):
        done = subprocess.run(["qpdf", "--check", str(pdf)], text=True, capture_output=True)
        assert done.returncode == 0, done.stdout + done.stderr


def flat(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text))


def test_the_text_of_the_paper_is_the_text_that_was_published(finished):
    program, out = finished
    for pdf in papers(out):
        raw = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True).stdout.decode("utf-8")
        assert raw == unicodedata.normalize("NFC", raw), f"{pdf.name} is not NFC"
        source = json.loads(pdf.with_suffix(".json").read_text())
        for piece in source["text"]:
            assert flat(piece) in flat(raw), f"{pdf.name} does not hold «{piece[:80]}»"
        assert flat(source["number"].split("/")[0]) in flat(raw), f"{pdf.name} lacks its number"


@pytest.mark.parametrize("where", [0.2, 0.5, 0.8])
def test_one_changed_byte_is_reported(finished, tmp_path, where):
    _, out = finished
    pdf = papers(out)[0]
    data = bytearray(pdf.read_bytes())
    data[int(len(data) * where)] ^= 1
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(data)
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/judges/pyhanko_validate.py"), str(changed), "--trust", str(out / "root.pem")],
        text=True, capture_output=True, timeout=120,
    )
    if done.returncode == 0:
        assert not all(s["bottom_line"] for s in json.loads(done.stdout)["signatures"])
