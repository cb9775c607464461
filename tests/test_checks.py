"""The check of files of others, on the page and by the API: every kind of signature, several at once, with reports to keep."""

import subprocess
import sys

import pytest
import requests
from bs4 import BeautifulSoup

from conftest import ROOT, Program, binary
from judges.time_stamp_house import House
from pages import assert_clear, said

SAMPLES = ROOT / "crates" / "signing" / "tests" / "samples"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = House(tmp_path_factory.mktemp("house"))
    key = ["--key", "person.key", "--chain", "person.pem", "--trust", "root.pem"]
    (made.folder / "law.xml").write_text("<law>Nghị quyết</law>")
    (made.folder / "note.txt").write_text("Công văn")
    orders = [
        ("pdf", str(SAMPLES / "paper.pdf"), "good.pdf", []), ("cades", "note.txt", "note.txt.p7s", []),
        ("cades", "note.txt", "note.p7m", ["--attached"]), ("xades", "law.xml", "signed.xml", []),
        ("xades", "note.txt", "note.txt.xml", ["--detached"]),
    ]
    for kind, source, target, more in orders:
        subprocess.run([binary(), "sign", kind, source, "-o", target, *more, *key], cwd=made.folder, check=True, capture_output=True)
    # One key alone, whose certificate is not beside it: only the network knows who issued it.
    alone = ["--key", "person.key", "--chain", "alone.pem", "--trust", "root.pem", "--known", "issuing.pem"]
    subprocess.run(
        [binary(), "sign", "pdf", str(SAMPLES / "paper.pdf"), "-o", "alone.pdf", *alone], cwd=made.folder, check=True, capture_output=True
    )
    good = bytearray((made.folder / "good.pdf").read_bytes())
    good[2000] ^= 1
    (made.folder / "changed.pdf").write_bytes(good)
    yield made
    made.close()


@pytest.fixture(scope="module")
def program(house, tmp_path_factory):
    """A house without an authority of its own, which trusts another's root and may fetch from it."""
    folder = tmp_path_factory.mktemp("checks")
    made = Program(folder, f"sqlite:{folder / 'dienhong.sqlite'}")
    made.env |= {
        "DIENHONG_SIGNATURES_TRUST": str(house.folder / "root.pem"), "DIENHONG_SIGNATURES_FETCH": "true",
        "DIENHONG_NETWORK_ALLOW": "127.0.0.1",
    }
    made.start()
    yield made
    made.stop()


def files(house, *names: str) -> list:
    return [("file", (name, (house.folder / name).read_bytes())) for name in names]


def check(program, house, *names: str) -> list[dict]:
    answer = requests.post(program.base + "/api/v1/validate", files=files(house, *names), timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def page(program, house, *names: str) -> requests.Response:
    session = requests.Session()
    form = BeautifulSoup(session.get(program.base + "/verify", timeout=30).text, "html.parser").select_one("form[enctype]")
    hidden = {i["name"]: i.get("value", "") for i in form.select("input[type=hidden]")}
    assert form.select_one("input[type=file]").has_attr("multiple")
    return session.post(program.base + "/verify", data=hidden | {"number": ""}, files=files(house, *names), timeout=60)


def test_every_kind_of_signature_is_judged_and_detached_ones_find_what_they_sign(program, house):
    found = check(program, house, "good.pdf", "note.txt.p7s", "note.txt", "note.p7m", "signed.xml", "note.txt.xml")
    assert [f["file"] for f in found] == ["good.pdf", "note.txt.p7s", "note.p7m", "signed.xml", "note.txt.xml"], found
    assert [f["verdict"] for f in found] == ["signed_elsewhere"] * 5, found
    assert [f["content"] for f in found] == [None, "note.txt", None, None, "note.txt"]
    assert all(s["indication"] == "TOTAL-PASSED" and s["signer"] == "Nguyen Van A" for f in found for s in f["signatures"])


def test_what_lacks_is_fetched_as_the_configuration_allows(program, house):
    (found,) = check(program, house, "alone.pdf")
    assert found["verdict"] == "signed_elsewhere" and "/issuing.cer" in house.asked, found


def test_bad_files_are_told_apart_and_one_does_not_stop_the_others(program, house):
    found = check(program, house, "changed.pdf", "note.txt.p7s", "law.xml", "person.key", "good.pdf")
    verdicts = {f["file"]: f["verdict"] for f in found}
    assert verdicts == {
        "changed.pdf": "broken", "note.txt.p7s": "unknown", "law.xml": "unsigned", "person.key": "unreadable", "good.pdf": "signed_elsewhere",
    }, found
    lone = next(f for f in found if f["file"] == "note.txt.p7s")["signatures"][0]
    assert lone["sub_indication"] == "SIGNED_DATA_NOT_FOUND" and lone["indication"] == "INDETERMINATE", lone


def test_the_page_says_what_matters_first_and_gives_reports(program, house):
    answer = page(program, house, "good.pdf", "changed.pdf", "note.txt.p7s", "note.txt")
    assert_clear(answer, 200, "Chữ ký hợp lệ", "Không được dùng", "Nội dung đã bị thay đổi sau khi ký", "Không có gì thay đổi từ khi ký")
    html = BeautifulSoup(answer.text, "html.parser")
    articles = html.select("article.dh-checked")
    assert [a.h2.get_text() for a in articles] == ["good.pdf", "changed.pdf", "note.txt.p7s"]
    assert "note.txt" in articles[2].p.get_text()
    for article in articles:
        first = article.select_one(".dh-notice")
        assert not first.find_previous_sibling("div"), "the answer comes first"
        assert article.select_one(".dh-print-only dl"), "on paper the facts stand open"
    report = requests.get(program.base + html.find("a", href=lambda h: h and h.endswith("report.json"))["href"], timeout=30)
    assert [f["verdict"] for f in report.json()] == ["signed_elsewhere", "broken", "signed_elsewhere"]
    xml = requests.get(program.base + html.find("a", href=lambda h: h and h.endswith("1.xml"))["href"], timeout=30)
    assert xml.headers["Content-Type"].startswith("application/xml")
    kept = house.folder / "report.xml"
    kept.write_bytes(xml.content)
    script = [sys.executable, str(ROOT / "crates" / "signing" / "tests" / "judges" / "report.py"), str(kept)]
    assert subprocess.run(script, text=True, capture_output=True, check=True).stdout.strip() == "1"
    assert requests.get(program.base + "/verify/reports/nobody/report.json", timeout=30).status_code == 404


def test_the_standard_report_is_given_for_one_file(program, house):
    data = (house.folder / "good.pdf").read_bytes()
    answer = requests.post(program.base + "/api/v1/validate/report", data, headers={"Content-Type": "application/octet-stream"}, timeout=30)
    assert answer.status_code == 200 and answer.text.startswith("<?xml"), answer.text[:300]


def test_too_many_and_no_files_are_refused_in_words(program, house):
    many = requests.post(program.base + "/api/v1/validate", files=files(house, "note.txt") * 21, timeout=30)
    assert many.status_code == 422 and many.json()["fields"][0]["code"] == "upload-too-many"
    none = requests.post(program.base + "/api/v1/validate", files=[("other", ("a.pdf", b"x"))], timeout=30)
    assert none.status_code == 422
    assert_clear(page(program, house), 422, "Chọn tệp")
    assert "không có chữ ký" in said(page(program, house, "law.xml"))
