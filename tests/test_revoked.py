"""A person reports the loss of a key. What the key signed before, with a time stamp, stays valid; what a thief signs with it
afterwards does not: in pyHanko and in ours, by the list and by the status answer that the house publishes."""

import json
import re
import sqlite3
import subprocess
import sys
import time

import pytest
import requests

from conftest import ROOT, Program
from people import Staff
from test_certificates import openssl, pem

JUDGE = ROOT / "tests" / "judges" / "revoked.py"
PAPER = ROOT / "crates" / "signing" / "tests" / "samples" / "paper.pdf"


def sealed_key(program, serial: str) -> str:
    """What a thief with a copy of the database has; the master key lies beside it."""
    with sqlite3.connect(program.data / "dienhong.sqlite") as storage:
        return storage.execute("SELECT sealed_key FROM certificate WHERE serial = ?", [serial]).fetchone()[0]


class Stolen:
    """A person's certificate, its key out of the house, and what the house publishes."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.holder = Staff(program)("expert@vu-phap-luat")
        own = self.holder.open("/account").select_one("main dl a[href^='/people/']")["href"]
        link = self.holder.open(own).select_one("main table a[href^='/certificates/']")["href"]
        self.serial = link.rsplit("/", 1)[1]
        (folder / "chain.pem").write_bytes(self.holder.request("GET", f"/certificates/{self.serial}/chain.pem").content)
        key = folder / "key.sealed"
        key.write_text(sealed_key(program, self.serial))
        (folder / "root.pem").write_text(program.run("trust").stdout)

    def sign(self, name: str):
        self.program.run(
            "sign", "pdf", str(PAPER), "--out", str(self.folder / name), "--key", str(self.folder / "key.sealed"),
            "--master", str(self.program.data / "master.key"), "--context", f"signing key {self.serial}",
            "--chain", str(self.folder / "chain.pem"), "--tsa", f"{self.program.base}/pki/tsa",
        )

    def report_loss(self):
        self.holder.open(f"/certificates/{self.serial}")
        self.holder.send("form[action$='/revoke']", reason="key_compromise")
        assert "Đã thu hồi" in self.holder.words()

    def fetch(self):
        """The lists, and the answers about the signer and about who stamped the time."""
        for name in ("issuing.crl", "delta.crl", "root.crl", "issuing.cer"):
            (self.folder / name).write_bytes(requests.get(f"{self.program.base}/pki/{name}", timeout=30).content)
        issuing = self.folder / "issuing.pem"
        issuing.write_text(pem((self.folder / "issuing.cer").read_bytes(), "CERTIFICATE"))
        query = self.folder / "query"
        assert openssl("ts", "-query", "-data", str(PAPER), "-sha256", "-cert", "-out", str(query))[0]
        answer = requests.post(f"{self.program.base}/pki/tsa", data=query.read_bytes(), timeout=30).content
        (self.folder / "reply").write_bytes(answer)
        token, inside = self.folder / "token", self.folder / "stamp-chain.pem"
        assert openssl("ts", "-reply", "-in", str(self.folder / "reply"), "-token_out", "-out", str(token))[0]
        assert openssl("pkcs7", "-inform", "DER", "-in", str(token), "-print_certs", "-out", str(inside))[0]
        blocks = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", inside.read_text(), re.S)
        stamper = next(b for b in blocks if "CA:TRUE" not in openssl("x509", "-noout", "-text", data=b.encode())[1])
        (self.folder / "stamper.pem").write_text(stamper)
        for name, certificate in [("signer.ocsp", "chain.pem"), ("stamper.ocsp", "stamper.pem")]:
            good, text = openssl("ocsp", "-issuer", str(issuing), "-cert", str(self.folder / certificate), "-respout",
                                 str(self.folder / name), "-url", f"{self.program.base}/pki/ocsp", "-noverify")
            assert good, text

    def evidence(self, kind: str) -> dict:
        """What is known: the root's list is needed for the issuing authority in both cases."""
        if kind == "lists":
            return {"crl": ["issuing.crl", "delta.crl", "root.crl"], "ocsp": []}
        return {"crl": ["root.crl"], "ocsp": ["signer.ocsp", "stamper.ocsp"]}

    def ours(self, name: str, kind: str) -> dict:
        known = [part for of in self.evidence(kind).values() for file in of for part in ("--known", str(self.folder / file))]
        done = self.program.run(
            "validate", "--json", "--offline", "--trust", str(self.folder / "root.pem"), "--known",
            str(self.folder / "issuing.pem"), *known, str(self.folder / name), check=False,
        )
        return json.loads(done.stdout)["signatures"][0]

    def pyhanko(self, name: str, kind: str) -> str:
        known = [p for option, of in self.evidence(kind).items() for file in of for p in (f"--{option}", str(self.folder / file))]
        order = [sys.executable, str(JUDGE), str(self.folder / name), str(self.folder / "root.pem"), *known,
                 "--cert", str(self.folder / "issuing.pem")]
        done = subprocess.run(order, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout


@pytest.fixture(scope="module")
def stolen(tmp_path_factory):
    """The key signs, is reported as lost, and signs again. On SQLite: a thief takes the file."""
    folder = tmp_path_factory.mktemp("stolen")
    program = Program(folder, f"sqlite:{folder / 'dienhong.sqlite'}")
    program.env["DIENHONG_NETWORK_ALLOW"] = "127.0.0.1"
    program.run("demo", "seed", "--data", str(folder))
    program.start()
    stolen = Stolen(program, folder)
    stolen.sign("before.pdf")
    time.sleep(2.5)  # certificates, lists and stamps state whole seconds
    stolen.report_loss()
    time.sleep(2.5)
    stolen.sign("after.pdf")
    stolen.fetch()
    yield stolen
    program.stop()


@pytest.mark.parametrize("kind", ["lists", "answers"])
def test_a_signature_before_the_loss_that_was_time_stamped_stays_valid(stolen, kind):
    ours = stolen.ours("before.pdf", kind)
    assert (ours["indication"], ours["level"]) == ("TOTAL-PASSED", "B-T"), ours
    assert "AdESPassed.OK" in stolen.pyhanko("before.pdf", kind)


@pytest.mark.parametrize("kind", ["lists", "answers"])
def test_a_signature_after_the_loss_is_indeterminate_because_revoked(stolen, kind):
    ours = stolen.ours("after.pdf", kind)
    assert (ours["indication"], ours["sub_indication"]) == ("INDETERMINATE", "REVOKED"), ours
    said = stolen.pyhanko("after.pdf", kind)
    assert "AdESIndeterminate.REVOKED" in said, said


def test_the_list_and_the_answers_name_the_loss(stolen):
    good, text = openssl("crl", "-inform", "DER", "-in", str(stolen.folder / "issuing.crl"), "-noout", "-text")
    assert good and stolen.serial.upper() in text and "Key Compromise" in text, text
    text = openssl("ocsp", "-respin", str(stolen.folder / "signer.ocsp"), "-text", "-noverify")[1]
    assert "Cert Status: revoked" in text and "keyCompromise" in text, text
