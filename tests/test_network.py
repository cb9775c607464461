"""What signatures fetch: time stamps, issuers, status answers and lists over HTTP, from a house that others made (openssl,
`cryptography`); and what happens when nobody answers, or answers what they should not."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT, binary
from judges import archive_form
from judges.time_stamp_house import House

PAPER = ROOT / "crates" / "signing" / "tests" / "samples" / "paper.pdf"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = House(tmp_path_factory.mktemp("house"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    made = House(tmp_path_factory.mktemp("secure"), tls=True)
    yield made
    made.close()


def dienhong(house, *arguments: str, allow: str = "127.0.0.1", patience: str = "2", roots: str = ""):
    env = {k: v for k, v in os.environ.items() if not k.startswith("DIENHONG_")}
    env |= {"DIENHONG_NETWORK_ALLOW": allow, "DIENHONG_NETWORK_TIMEOUT_SECONDS": patience}
    env |= {"DIENHONG_NETWORK_ROOTS": roots} if roots else {}
    return subprocess.run([binary(), *arguments], cwd=house.folder, env=env, text=True, capture_output=True, timeout=120)


def sign(house, target: str, *more: str, kind: str = "pdf", chain: str = "person.pem", **options):
    key = ["--key", "person.key", "--chain", chain, "--trust", "root.pem"]
    if chain == "alone.pem":
        key += ["--known", "issuing.pem"]
    return dienhong(house, "sign", kind, str(PAPER), "-o", target, *key, *more, **options)


def judge(house, file: str, *more: str, **options) -> dict:
    done = dienhong(house, "validate", "--json", "--trust", "root.pem", *more, file, **options)
    return json.loads(done.stdout)["signatures"][0]


def test_stamps_and_evidence_come_over_the_network_up_to_the_level_of_archives(house):
    done = sign(house, "lta.pdf", "--tsa", f"{house.base}/tsa", "--level", "B-LTA")
    assert done.returncode == 0, done.stderr
    assert {"/tsa", "/ocsp", "/root.crl"} <= set(house.asked)
    found = judge(house, "lta.pdf", "--offline")
    assert (found["indication"], found["level"], found["time_source"]) == ("TOTAL-PASSED", "B-LTA", "time_stamp"), found
    script = [sys.executable, str(ROOT / "tests" / "judges" / "pdf_signatures.py"), str(house.folder / "lta.pdf"), str(house.folder / "root.pem")]
    other = json.loads(subprocess.run([*script, "--lta"], text=True, capture_output=True, check=True).stdout)
    assert other["error"] is None and all(s["bottom_line"] for s in other["signatures"]), other
    if shutil.which("qpdf"):
        subprocess.run(["qpdf", "--check", str(house.folder / "lta.pdf")], check=True, capture_output=True)
    assert sign(house, "b-b.pdf").returncode == 0
    still = archive_form.judged(house.folder / "b-b.pdf", house.folder / "lta.pdf")
    assert [(j["form"], j["faults"]) for j in still] == [("2b", [])] * 2, still


def test_every_format_takes_a_stamp_from_the_network_and_openssl_accepts_it(house):
    for kind, target in [("cades", "paper.p7s"), ("xades", "paper.xml")]:
        more = ["--detached"] if kind == "xades" else []
        done = sign(house, target, "--tsa", f"{house.base}/tsa", *more, kind=kind)
        assert done.returncode == 0, done.stderr
        found = judge(house, target, "--offline", "--content", str(PAPER))
        assert (found["indication"], found["level"]) == ("TOTAL-PASSED", "B-T"), found
    subprocess.run(
        ["openssl", "cms", "-verify", "-inform", "DER", "-in", "paper.p7s", "-content", str(PAPER), "-binary", "-CAfile", "root.pem",
         "-purpose", "any", "-out", os.devnull], cwd=house.folder, check=True, capture_output=True,
    )


def test_a_validation_fetches_what_lacks_unless_it_is_offline(house):
    assert sign(house, "alone.pdf", chain="alone.pem").returncode == 0
    house.asked.clear()
    found = judge(house, "alone.pdf", "--offline")
    assert (found["indication"], found["sub_indication"]) == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND") and not house.asked
    found = judge(house, "alone.pdf")
    assert found["indication"] == "TOTAL-PASSED", found
    assert "/issuing.cer" in house.asked and "/ocsp" in house.asked
    # Addresses in a file of somebody are not believed: without the office's word, a local one is not asked.
    house.asked.clear()
    found = judge(house, "alone.pdf", allow="192.0.2.7")
    assert found["sub_indication"] == "NO_CERTIFICATE_CHAIN_FOUND" and not house.asked


@pytest.mark.parametrize(
    ("path", "options", "why"),
    [
        ("/closed", {}, "503"), ("/slow", {"patience": "1"}, "in time"), ("/broken", {}, "not well formed"),
        ("/away", {}, "no public address"), ("/tsa", {"allow": "192.0.2.7"}, "no public address"),
    ],
)
def test_an_authority_that_fails_lowers_the_level_and_says_so(house, path, options, why):
    target = f"lower{path.replace('/', '-')}{len(options)}.pdf"
    done = sign(house, target, "--tsa", house.base + path, "--level", "B-LTA", **options)
    assert done.returncode == 1 and why in done.stderr, done.stderr
    found = judge(house, target, "--offline")
    assert (found["indication"], found["level"]) == ("TOTAL-PASSED", "B-B")
    assert pathlib.Path(house.folder / target).exists()


def test_everything_comes_over_https_too_from_a_server_that_is_believed(secure):
    done = sign(secure, "lta.pdf", "--tsa", f"{secure.base}/tsa", "--level", "B-LTA", roots="web.pem")
    assert done.returncode == 0, done.stderr
    assert {"/tsa", "/ocsp", "/root.crl"} <= set(secure.asked)
    found = judge(secure, "lta.pdf", "--offline")
    assert (found["indication"], found["level"]) == ("TOTAL-PASSED", "B-LTA"), found
    assert sign(secure, "alone.pdf", chain="alone.pem").returncode == 0
    secure.asked.clear()
    found = judge(secure, "alone.pdf", roots="web.pem")
    assert found["indication"] == "TOTAL-PASSED" and "/issuing.cer" in secure.asked, found


@pytest.mark.parametrize(
    ("address", "options", "why"),
    [
        ("127.0.0.1", {}, "UnknownIssuer"),  # a server under a root that nobody named
        ("localhost", {"allow": "127.0.0.1,localhost", "roots": "web.pem"}, "not valid for name"),
        ("127.0.0.1", {"allow": "192.0.2.7", "roots": "web.pem"}, "no public address"),
    ],
)
def test_a_server_that_is_not_believed_is_not_asked(secure, address, options, why):
    secure.asked.clear()
    target = f"{why.replace(' ', '-')}.pdf"
    done = sign(secure, target, "--tsa", f"https://{address}:{secure.port}/tsa", **options)
    assert done.returncode == 1 and why in done.stderr and "/tsa" not in secure.asked, done.stderr
    assert judge(secure, target, "--offline")["level"] == "B-B"


def test_redirects_over_https_do_not_lead_to_addresses_that_are_not_public(secure):
    done = sign(secure, "away.pdf", "--tsa", f"{secure.base}/away", roots="web.pem")
    assert done.returncode == 1 and "no public address" in done.stderr, done.stderr
