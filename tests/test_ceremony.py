"""A root that is kept apart: the ceremony of two persons, what the house asks of it and enters, its renewals; in the sealed
store and on tokens (SoftHSM 2). Judged by openssl and pkilint. The commands are those of docs/certificates.md."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
import requests

from conftest import binary, faketime, fresh_program
from test_certificates import BIN, openssl, pem

FIRST, SECOND = "Nguyễn Văn A, Vụ trưởng Vụ Mẫu", "Trần Thị B, Phó Vụ trưởng Vụ Mẫu"
MODULE = next((m for m in ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so") if os.path.exists(m)), None)
on_token = pytest.mark.skipif(MODULE is None or not shutil.which("softhsm2-util"), reason="SoftHSM 2 is not installed")


class Apart:
    """The machine of the ceremony: a folder, no database, no configuration."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.root = folder / "root"
        folder.mkdir()
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("DIENHONG_")}
        self.write("one", "mật khẩu của người thứ nhất")
        self.write("two", "mật khẩu của người thứ hai")
        self.write("other", "một mật khẩu khác hẳn")

    def write(self, name: str, text: str) -> pathlib.Path:
        path = self.folder / name
        path.write_text(text + "\n")
        path.chmod(0o600)
        return path

    def hold(self, what: str, *more: str, one="one", two="two", first=FIRST, second=SECOND, ahead: str = "") -> subprocess.CompletedProcess:
        fake = {"LD_PRELOAD": faketime(), "FAKETIME": ahead} if ahead else {}
        return subprocess.run(
            [binary(), "ceremony", what, "--folder", str(self.root), "--first", first, "--second", second,
             "--first-passphrase", str(self.folder / one), "--second-passphrase", str(self.folder / two),
             "--room", "Phòng máy số 2, số 1 phố Mẫu", *more],
            cwd=self.folder, env=self.env | fake, capture_output=True, text=True, timeout=120)

    def held(self, what: str, *more: str, **with_) -> str:
        done = self.hold(what, *more, **with_)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def protocol(self, number: int) -> str:
        path = self.root / f"protocol-{number}.pdf"
        assert subprocess.run(["qpdf", "--check", str(path)], capture_output=True).returncode == 0
        return " ".join(subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True).stdout.split())


def fingerprint(certificate: pathlib.Path) -> str:
    return openssl("x509", "-in", str(certificate), "-noout", "-fingerprint", "-sha256")[1].split("=")[1].strip()


def requested(program, folder: pathlib.Path) -> tuple[pathlib.Path, str]:
    """The house's request, and the fingerprint that it showed."""
    done = program.run("authority", "request")
    path = folder / "issuing.csr"
    path.write_text(done.stdout)
    return path, re.search(r"fingerprint of the key: ([0-9A-F ]+)", done.stderr).group(1)


def certified(apart: Apart, program, name="issuing.pem", **with_) -> pathlib.Path:
    request, shown = requested(program, apart.folder)
    out = apart.folder / name
    apart.held("sign", str(request), "--fingerprint", shown, "--out", str(out), "--address", f"{program.base}/pki", **with_)
    return out


def entered(apart: Apart, program, issuing: pathlib.Path) -> None:
    root = apart.root / "root.pem"
    program.run("authority", "import", str(issuing), str(root), str(apart.root / "root.crl"), "--fingerprint", fingerprint(root),
                "--basis", "Quyết định số 12/QĐ-VPQH")


def linted(*files: pathlib.Path) -> None:
    for file in files:
        kind = ["lint_crl", "lint", "--profile", "PKIX", "--type", "CRL"] if file.suffix == ".crl" else ["lint_pkix_cert", "lint"]
        done = subprocess.run([str(BIN / kind[0]), *kind[1:], str(file)], capture_output=True, text=True, timeout=120)
        text = done.stdout + done.stderr
        assert not re.search("Traceback|FATAL|ERROR|WARNING", text), (file.name, text)


def test_two_persons_make_a_root_and_the_house_works_under_it(engine, tmp_path, request):
    apart, program = Apart(tmp_path / "apart"), fresh_program(engine, tmp_path, request)
    shown = apart.held("root")
    root = apart.root / "root.pem"
    assert fingerprint(root).replace(":", "") == re.search(r"root +([0-9A-F ]+)", shown).group(1).replace(" ", "")
    assert oct((apart.root / "ceremony.json").stat().st_mode & 0o777) == "0o600"
    assert "sealed" in (apart.root / "ceremony.json").read_text()
    # Nobody makes another root over it.
    assert apart.hold("root").returncode != 0
    # Neither person alone, and no third.
    for one, two, whose in [("other", "two", "first"), ("one", "other", "second"), ("two", "one", "second")]:
        done = apart.hold("check", one=one, two=two)
        assert done.returncode != 0 and f"the {whose} person's passphrase" in done.stderr, done.stderr
    assert "must differ" in apart.hold("check", one="one", two="one").stderr
    assert "must be two" in apart.hold("check", second=FIRST).stderr
    # The house asks, and asks the same again until it is answered.
    assert program.run("authority", "show", check=False).returncode != 0
    path, key = requested(program, apart.folder)
    assert requested(program, apart.folder)[1] == key
    assert openssl("req", "-in", str(path), "-noout", "-verify")[0]
    done = apart.hold("sign", str(path), "--fingerprint", "0000 1111 2222 3333", "--out", str(apart.folder / "no.pem"))
    assert done.returncode != 0 and not (apart.folder / "no.pem").exists()
    issuing = certified(apart, program)
    # What is entered is looked at first.
    wrong = program.run("authority", "import", str(issuing), str(root), str(apart.root / "root.crl"), "--fingerprint", "00" * 8, check=False)
    assert wrong.returncode != 0 and "fingerprint" in wrong.stderr
    bare = program.run("authority", "import", str(issuing), str(root), "--fingerprint", fingerprint(root), check=False)
    assert bare.returncode != 0 and "revocation list is not among" in bare.stderr
    entered(apart, program, issuing)
    assert "kept apart" in program.run("authority", "show").stdout
    assert "all of this is known" in program.run("authority", "import", str(issuing), check=False).stderr
    assert "authority already" in program.run("authority", "make", check=False).stderr
    report = program.run("doctor")
    assert "the root is kept apart; issuing key sealed in the database" in report.stdout, report.stdout
    program.run("verify")
    program.start()
    for name in ("root.cer", "issuing.cer", "root.crl", "issuing.crl"):
        got = requests.get(f"{program.base}/pki/{name}", timeout=30)
        assert got.status_code == 200, name
        (tmp_path / name).write_bytes(got.content)
        kind = "CERTIFICATE" if name.endswith("cer") else "X509 CRL"
        (tmp_path / (name + ".pem")).write_text(pem(got.content, kind))
    assert (tmp_path / "root.crl").read_bytes() == (apart.root / "root.crl").read_bytes()
    good, text = openssl("verify", "-x509_strict", "-crl_check_all", "-CAfile", str(root), "-CRLfile", str(tmp_path / "root.crl.pem"),
                         str(tmp_path / "issuing.cer.pem"))
    assert good, text
    text = openssl("x509", "-in", str(issuing), "-noout", "-text")[1]
    assert f"{program.base}/pki/root.crl" in text and f"{program.base}/pki/root.cer" in text and "pathlen:0" in text
    linted(*(tmp_path / name for name in ("root.cer", "issuing.cer", "root.crl", "issuing.crl")))
    stamped(program, tmp_path)
    program.stop()
    said = apart.protocol(2)
    for words in ("BIÊN BẢN", "Nguyễn Văn A, Vụ trưởng Vụ Mẫu", "Trần Thị B", "Phòng máy số 2", "ECDSA, SHA-384", "Lần thứ 2",
                  "Các lần trước", key[:4], "Diên Hồng"):
        assert words in said, (words, said)
    assert (apart.root / "protocol-1.pdf").read_bytes()


def test_a_small_office_makes_everything_in_one_step_and_doctor_says_so(engine, tmp_path, request):
    program = fresh_program(engine, tmp_path, request)
    assert "no authority yet" in program.run("doctor").stdout
    made = program.run("authority", "make", "--basis", "Quyết định số 12/QĐ-VPQH").stdout
    assert made.startswith("-----BEGIN CERTIFICATE-----") and made == program.run("trust").stdout
    assert "in this database" in program.run("authority", "show").stdout
    assert "the root lies in this database (small offices)" in program.run("doctor").stdout
    assert "nothing was due" in program.run("authority", "renew").stdout
    refused = program.run("authority", "request", check=False)
    assert refused.returncode != 0 and "the root lies in this database" in refused.stderr
    if faketime():
        program.ahead = 5 * 365 * 86_400 - 86_400
        assert "dienhong authority renew" in program.run("doctor", check=False).stdout
        assert "renewed: issuing, time-stamping" in program.run("authority", "renew").stdout
        assert "Nothing is wrong" in program.run("doctor").stdout


def stamped(program, folder: pathlib.Path) -> None:
    """A time stamp under the new authority."""
    (folder / "data").write_bytes(b"van ban")
    assert openssl("ts", "-query", "-data", str(folder / "data"), "-sha256", "-cert", "-out", str(folder / "query"))[0]
    (folder / "reply").write_bytes(requests.post(f"{program.base}/pki/tsa", data=(folder / "query").read_bytes(), timeout=30).content)
    good, text = openssl("ts", "-verify", "-data", str(folder / "data"), "-in", str(folder / "reply"), "-CAfile",
                         str(folder / "root.cer.pem"), "-untrusted", str(folder / "issuing.cer.pem"))
    assert good, text


@pytest.mark.skipif(not faketime(), reason="moves the clock with libfaketime")
def test_list_and_issuing_certificate_are_renewed_by_the_same_means_and_a_revocation_stops_the_house(engine, tmp_path, request):
    apart, program = Apart(tmp_path / "apart"), fresh_program(engine, tmp_path, request)
    apart.held("root", "--kind", "p256", "--list-days", "100")
    issuing = certified(apart, program)
    entered(apart, program, issuing)
    # Three months later the list is nearly over, and doctor says so.
    program.ahead = 80 * 86_400
    report = program.run("doctor", check=False)
    assert report.returncode != 0 and "root's revocation list counts until" in report.stdout, report.stdout
    old = (apart.root / "root.crl").read_bytes()
    apart.held("list", ahead="+80d")
    assert (apart.root / "root.crl").read_bytes() != old
    assert "entered: list" in program.run("authority", "import", str(apart.root / "root.crl")).stdout
    assert "Nothing is wrong" in program.run("doctor").stdout
    (tmp_path / "old.crl").write_bytes(old)
    assert "newer revocation list" in program.run("authority", "import", str(tmp_path / "old.crl"), check=False).stderr
    # Five years later the issuing authority is renewed, by the same key; the time stamps by the house itself.
    program.ahead = 5 * 365 * 86_400 - 86_400
    assert "renewed: time-stamping" in program.run("authority", "renew").stdout
    again = certified(apart, program, "issuing-2.pem", ahead="+1824d")
    key = lambda file: openssl("x509", "-in", str(file), "-noout", "-pubkey")[1]
    assert key(again) == key(issuing)
    apart.held("list", ahead="+1824d")
    text = program.run("authority", "import", str(again), str(apart.root / "root.crl")).stdout
    assert "entered: issuing, list" in text, text
    assert "Nothing is wrong" in program.run("doctor").stdout
    # The root revokes it: the house says so and issues nothing more.
    serial = openssl("x509", "-in", str(again), "-noout", "-serial")[1].split("=")[1].strip()
    assert "gave no certificate" in apart.hold("list", "--revoke", "abcdef", ahead="+1825d").stderr
    apart.held("list", "--revoke", serial, ahead="+1825d")
    program.ahead += 2 * 86_400
    program.run("authority", "import", str(apart.root / "root.crl"))
    assert "REVOKED" in program.run("authority", "show").stdout
    report = program.run("doctor", check=False)
    assert report.returncode != 0 and "the root revoked the issuing authority" in report.stdout
    # Others take the key over; the old passphrases open nothing any more.
    apart.write("three", "mật khẩu của người thứ ba")
    apart.write("four", "mật khẩu của người thứ tư")
    new = {"first": "Lê Văn C, Vụ trưởng Vụ Mẫu", "second": "Phạm Thị D, Chánh Văn phòng"}
    apart.held("hand-over", "--to-first", new["first"], "--to-second", new["second"],
               "--to-first-passphrase", str(apart.folder / "three"), "--to-second-passphrase", str(apart.folder / "four"))
    assert apart.hold("check").returncode != 0
    apart.held("check", one="three", two="four", **new)
    assert "Người kế nhiệm" in apart.protocol(7)


@on_token
def test_root_and_services_keep_their_keys_on_tokens(engine, tmp_path, request):
    program = fresh_program(engine, tmp_path, request)
    apart = Apart(tmp_path / "apart")
    (tmp_path / "tokens").mkdir()
    conf = tmp_path / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nlog.level = ERROR\n")
    env = {"SOFTHSM2_CONF": str(conf)}
    apart.env |= env
    program.env |= env

    def softhsm(*arguments: str) -> str:
        done = subprocess.run(["softhsm2-util", *arguments], env=os.environ | env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    softhsm("--init-token", "--free", "--label", "goc", "--so-pin", "12345678", "--pin", "2468")
    softhsm("--init-token", "--free", "--label", "dien-hong", "--so-pin", "12345678", "--pin", "1357")
    pin = apart.write("pin", "2468")
    apart.held("root", "--pkcs11", MODULE, "--token", "goc", "--pin-file", str(pin))
    assert "thiết bị lưu khóa" in apart.protocol(1)
    # Whoever made the token knows its PIN no more.
    done = apart.hold("root", "--pkcs11", MODULE, "--token", "goc", "--pin-file", str(pin))
    assert done.returncode != 0
    apart.root = apart.folder / "second"
    done = apart.hold("root", "--pkcs11", MODULE, "--token", "goc", "--pin-file", str(pin))
    assert done.returncode != 0 and "PIN" in done.stderr, done.stderr
    apart.root = apart.folder / "root"
    house = apart.write("house-pin", "1357")
    program.env["DIENHONG_CERTIFICATES_TOKEN"] = f"{MODULE}|dien-hong|{house}"
    issuing = certified(apart, program)
    entered(apart, program, issuing)
    report = program.run("doctor").stdout
    assert "the root is kept apart; issuing key on the token" in report, report
    program.start()
    for name in ("root.cer", "issuing.cer", "issuing.crl"):
        content = requests.get(f"{program.base}/pki/{name}", timeout=30).content
        (tmp_path / name).write_bytes(content)
        (tmp_path / (name + ".pem")).write_text(pem(content, "CERTIFICATE" if name.endswith("cer") else "X509 CRL"))
    assert openssl("verify", "-x509_strict", "-CAfile", str(apart.root / "root.pem"), str(issuing))[0]
    stamped(program, tmp_path)
    good, text = openssl("ocsp", "-issuer", str(issuing), "-serial", "0x4abcdef012345678", "-url", f"{program.base}/pki/ocsp",
                         "-CAfile", str(apart.root / "root.pem"), "-verify_other", str(issuing))
    assert good and "Response verify OK" in text and "unknown" in text, text
    linted(tmp_path / "root.cer", tmp_path / "issuing.cer", tmp_path / "issuing.crl")
    log = program.log.read_text()
    assert "1357" not in log and "1357" not in report
    program.stop()
    # The keys are on the token and nowhere else: without it nothing is signed, and the reason is said.
    for label in ("issuing", "time-stamping", "status"):
        assert f"dienhong-{label}" in label_list(env), label
    del program.env["DIENHONG_CERTIFICATES_TOKEN"]
    report = program.run("doctor", check=False)
    assert report.returncode != 0 and "does not sign" in report.stdout, report.stdout
    # The same by the configuration file, as docs/certificates.md shows it.
    written = apart.write("dienhong.toml", f'[certificates.token]\nmodule = "{MODULE}"\nlabel = "dien-hong"\npin_file = "{house}"')
    assert "issuing key on the token" in program.run("--config", str(written), "doctor").stdout
    house.chmod(0o644)
    program.env["DIENHONG_CERTIFICATES_TOKEN"] = f"{MODULE}|dien-hong|{house}"
    refused = program.run("authority", "show", check=False)
    assert refused.returncode != 0 and "chmod 600" in refused.stderr


def label_list(env: dict) -> str:
    """What is on the house's token, as another program of PKCS #11 sees it."""
    done = subprocess.run(["pkcs11-tool", "--module", MODULE, "--token-label", "dien-hong", "--login", "--pin", "1357", "-O"],
                          env=os.environ | env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "sensitive, always sensitive, never extractable" in done.stdout, done.stdout
    return done.stdout
