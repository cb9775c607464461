"""The published paper of the demo, judged by programs that others wrote."""

import json
import re
import subprocess
import sys
import unicodedata

import pytest
import requests
from bs4 import BeautifulSoup
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conftest import ROOT
from judges import archive_form

JUDGE = ROOT / "tests" / "judges" / "pdf_signatures.py"


@pytest.fixture(scope="session")
def published(demo, tmp_path_factory):
    """(the page of the published resolution, its PDF, the root certificate)."""
    folder = tmp_path_factory.mktemp("published")
    listing = requests.get(demo.base + "/resolutions", timeout=30).text
    document = re.search(r"document-[0-9a-z]{26}", listing).group()
    page = requests.get(f"{demo.base}/resolutions/{document}", timeout=30)
    pdf = folder / "paper.pdf"
    pdf.write_bytes(requests.get(f"{demo.base}/resolutions/{document}/paper.pdf", timeout=30).content)
    root = folder / "root.pem"
    root.write_text(demo.run("trust").stdout)
    return page.text, pdf, root


def test_pdfsig_calls_both_signatures_valid_and_trusted_with_the_root_as_anchor(published, tmp_path):
    _, pdf, root = published
    db = tmp_path / "nss"
    db.mkdir()
    subprocess.run(["certutil", "-N", "-d", f"sql:{db}", "--empty-password"], check=True)
    subprocess.run(
        ["certutil", "-A", "-d", f"sql:{db}", "-n", "root", "-t", "CT,CT,CT", "-i", str(root)], check=True
    )
    text = subprocess.run(["pdfsig", "-nssdir", str(db), str(pdf)], text=True, capture_output=True, timeout=60).stdout
    assert text.count("Signature is Valid") == 2, text
    assert text.count("Certificate is Trusted") == 2, text
    assert "Total document signed" in text, text


def test_qpdf_finds_nothing(published):
    _, pdf, _ = published
    done = subprocess.run(["qpdf", "--check", str(pdf)], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_signed_and_sealed_paper_is_still_pdf_a_2b(published, tmp_path):
    _, pdf, _ = published
    data = pdf.read_bytes()
    # The judge sees what would break it: in the paper, and in what signature and seal have added.
    breaks = [
        (b"/OutputIntents", b"/OutputIntentz", "6.2.10"), (b"/FontFile2", b"/FontFileX", "6.2.11.4.1"),
        (b"pdfaid:part", b"pdfaid:pant", "6.6.4"), (b"/F 132", b"/F 134", "6.3.2"), (b"/F 132", b"/F 128", "6.3.2"),
        (b"/Subtype /Widget", b"/Subtype /Screen", "6.3.1"), (b"/AP <<", b"/AX <<", "6.3.3"),
    ]
    broken = []
    for number, (was, now, _) in enumerate(breaks):
        assert was in data, was
        broken.append(tmp_path / f"{number}.pdf")
        broken[-1].write_bytes(data.replace(was, now))
    good, *bad = archive_form.judged(pdf, *broken)
    assert (good["form"], good["faults"]) == ("2b", []) and good["checks"] > 1000, good
    for (was, now, clause), found in zip(breaks, bad, strict=True):
        assert clause in [c for c, _ in found["faults"]], (was, now, found)


def test_the_paper_carries_its_number_and_the_words_of_the_page_in_nfc(published):
    page, pdf, _ = published
    raw = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True).stdout.decode("utf-8")
    assert raw == unicodedata.normalize("NFC", raw)
    assert "1336/NQ-UBTVQH15" in raw
    for words in ("QUYẾT NGHỊ:", "TM. ỦY BAN THƯỜNG VỤ QUỐC HỘI", "CHỦ TỊCH"):
        assert words in raw and words in page


def judged(pdf, root) -> list[dict]:
    """pyHanko's judgement of every signature of a file, with this root as the only anchor."""
    done = subprocess.run([sys.executable, str(JUDGE), str(pdf), str(root)], text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["error"] is None, found
    return found["signatures"]


def test_pyhanko_calls_signature_and_seal_valid_trusted_and_intact_with_the_root_as_anchor(published):
    _, pdf, root = published
    signature, seal = judged(pdf, root)
    for found in (signature, seal):
        assert [found.get(k) for k in ("bottom_line", "intact", "valid", "trusted", "stamped")] == [True] * 5, found
    assert signature["modification"] == "FORM_FILLING" and signature["docmdp_ok"], signature
    assert seal["coverage"] == "ENTIRE_FILE" and seal["modification"] == "NONE", seal


def test_pyhanko_trusts_neither_under_another_root_of_the_same_name(published, tmp_path):
    _, pdf, root = published
    ours = x509.load_pem_x509_certificate(root.read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    build = x509.CertificateBuilder().subject_name(ours.subject).issuer_name(ours.subject).public_key(key.public_key())
    build = build.serial_number(ours.serial_number).not_valid_before(ours.not_valid_before_utc)
    build = build.not_valid_after(ours.not_valid_after_utc)
    build = build.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(build.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    found = judged(pdf, stranger)
    assert len(found) == 2 and not any(f["bottom_line"] or f.get("trusted") for f in found), found


# In what the Chairperson signed, where both signatures reach; and in what the clerk added, where the seal alone does.
@pytest.mark.parametrize(("where", "broken"), [(0.1, ["ChuKy", "ConDau"]), (0.3, ["ChuKy", "ConDau"]), (None, ["ConDau"])])
def test_one_changed_byte_is_reported_by_pyhanko(published, tmp_path, where, broken):
    _, pdf, root = published
    data = bytearray(pdf.read_bytes())
    added = data.index(b"%%EOF", data.index(b"/ByteRange")) + 40
    data[int(len(data) * where) if where else added] ^= 1
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(data)
    found = judged(changed, root)
    assert [f["field"] for f in found if not f.get("intact")] == broken, found
    assert not any(f["bottom_line"] for f in found if f["field"] in broken), found


@pytest.mark.parametrize("where", [0.1, 0.3])
def test_one_changed_byte_of_the_signed_content_is_reported_by_pdfsig(published, tmp_path, where):
    _, pdf, _ = published
    data = bytearray(pdf.read_bytes())
    data[int(len(data) * where)] ^= 1
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(data)
    text = subprocess.run(["pdfsig", str(changed)], text=True, capture_output=True, timeout=60)
    assert text.stdout.count("Signature is Valid") < 2, text.stdout


def test_the_citizen_is_told_that_the_file_is_genuine_and_that_a_changed_one_is_not(demo, published):
    _, pdf, _ = published
    answers = []
    for data in (pdf.read_bytes(), pdf.read_bytes()[:20_000] + b"\x00" + pdf.read_bytes()[20_001:]):
        session = requests.Session()
        html = session.get(demo.base + "/verify", timeout=30).text
        form = next(f for f in BeautifulSoup(html, "html.parser").select("form") if f.select_one("input[type=file]"))
        fields = {i["name"]: i.get("value", "") for i in form.select("input[name]") if i.get("type") == "hidden"}
        name = form.select_one("input[type=file]")["name"]
        answer = session.post(demo.base + "/verify", data=fields, files={name: ("paper.pdf", data)}, timeout=30)
        assert answer.status_code == 200, answer.text[:500]
        answers.append(answer.text)
    assert "1336" in answers[0]
    assert answers[0] != answers[1]
