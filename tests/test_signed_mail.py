"""Signed letters as a way between two houses: sent to a real SMTP server (aiosmtpd), judged by openssl, delivered to the
Maildir of the other house; and what others sign, and what nobody signed."""

import email
import email.policy
import mailbox
import pathlib
import re
import subprocess

import pytest
import requests
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

import houses
from conftest import free_port
from houses import CLERK, NAME_A, NAME_B, A, B, arrivals, quarantine, until
from test_axis import package

ADDRESS = {A: "van-thu@a.example", B: "van-thu@b.example"}
THIRD = "H99.1"


def openssl(*arguments: str, data: bytes | None = None) -> bytes:
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True)
    assert done.returncode == 0, (arguments, done.stderr.decode())
    return done.stdout


class Post:
    """The mail server between: it holds letters until it is told to deliver."""

    def __init__(self):
        self.letters: list[tuple[str, list[str], bytes]] = []

    async def handle_DATA(self, server, session, envelope):
        self.letters.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"

    def to(self, address: str) -> list[bytes]:
        return [content for _, to, content in self.letters if address in to]


class Third:
    """A body that has openssl and a mail program, with an authority of its own."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        (folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\ncrlnumber=serial\ndefault_md=sha256\ndefault_crl_days=30\n"
            "new_certs_dir=.\npolicy=p\ndefault_days=30\n[p]\ncommonName=supplied\n"
            "[leaf]\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        (folder / "index.txt").touch()
        (folder / "serial").write_text("01\n")
        self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "60", "-subj", "/CN=CA thu nghiem")
        for name in ("seal", "other"):
            self.run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN=Con dau {name}")
            self.run("ca", "-batch", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-extensions", "leaf",
                     "-in", f"{name}.csr", "-out", f"{name}.pem", "-notext")
        self.run("ca", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-gencrl", "-out", "ca.crl")

    def run(self, *arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()

    def letter(self, edxml: bytes, by: str = "seal") -> bytes:
        """A letter as `openssl cms -sign` writes it around what Python's email package wrote."""
        inside = email.message.EmailMessage(policy=email.policy.SMTP)
        inside.set_content("Kính gửi văn bản kèm theo.")
        inside.add_attachment(edxml, maintype="application", subtype="xml", filename="van-ban.edxml")
        (self.folder / "inside.eml").write_bytes(inside.as_bytes())
        self.run("cms", "-sign", "-in", "inside.eml", "-signer", f"{by}.pem", "-inkey", f"{by}.key", "-md", "sha256", "-out", "letter.eml",
                 "-from", "bo@third.example", "-to", ADDRESS[B], "-subject", "Van ban")
        return (self.folder / "letter.eml").read_bytes()


def deliver(program, letter: bytes) -> None:
    """As a mail server does, with the line ends of its machine."""
    mailbox.Maildir(program.maildir, create=False).add(letter)


def new(program) -> list[pathlib.Path]:
    return list((pathlib.Path(program.maildir) / "new").iterdir())


@pytest.fixture(scope="module")
def mail(tmp_path_factory, request):
    """Two houses, one on each engine; each trusts the other's root, and the third's."""
    folder = tmp_path_factory.mktemp("mail")
    post, third = Post(), Third(tmp_path_factory.mktemp("third"))
    port = free_port()
    server = Controller(post, hostname="127.0.0.1", port=port, data_size_limit=200 << 20)
    server.start()
    post.third, post.folder, post.roots = third, folder, {}
    members = folder / "members.csv"
    (folder / "third.pem").write_bytes((third.folder / "seal.pem").read_bytes())
    lines = [f"{of};{name};{ADDRESS[of]};{of}.pem" for of, name in ((A, NAME_A), (B, NAME_B))]
    members.write_text("\n".join([*lines, f"{THIRD};Bộ Thử nghiệm C;bo@third.example;third.pem"]) + "\n")
    for engine, of, name in (("sqlite", A, NAME_A), ("postgres", B, NAME_B)):
        program = houses.house(engine, tmp_path_factory, request, of, name)
        program.maildir = str(program.data / "maildir")
        other = B if of == A else A
        trust = [folder / f"{other}.root.pem", third.folder / "ca.pem", third.folder / "ca.crl"]
        program.env |= {
            "DIENHONG_AXIS_MAIL_ADDRESS": ADDRESS[of], "DIENHONG_AXIS_MAIL_MAILDIR": program.maildir, "DIENHONG_AXIS_MAIL_MEMBERS": str(members),
            "DIENHONG_MAIL_SERVER": f"smtp://127.0.0.1:{port}", "DIENHONG_MAIL_FROM": "Diên Hồng <khong-tra-loi@a.example>",
            "DIENHONG_SIGNATURES_FETCH": "true", "DIENHONG_NETWORK_ALLOW": "127.0.0.1", "DIENHONG_AXIS_MAIL_MAX_PACKAGE": str(4 << 20),
        }
        setattr(post, "a" if of == A else "b", program)
        program.start()
        root = x509.load_der_x509_certificate(requests.get(f"{program.base}/pki/root.cer", timeout=30).content)
        (folder / f"{of}.root.pem").write_bytes(root.public_bytes(Encoding.PEM))
        program.stop()
        program.env["DIENHONG_SIGNATURES_TRUST"] = ",".join(map(str, trust))
    for program in (post.a, post.b):
        program.start()
    yield post
    for program in (post.a, post.b):
        program.stop()
    server.stop()


def judged(mail, letter: bytes, of: str) -> bytes:
    """The content of a letter whose signature openssl believes under the root of a house; keeps the signer for the list."""
    (mail.folder / "letter.eml").write_bytes(letter)
    root = str(mail.folder / f"{of}.root.pem")
    content = openssl("cms", "-verify", "-in", str(mail.folder / "letter.eml"), "-CAfile", root, "-purpose", "any", "-signer", str(mail.folder / f"{of}.pem"))
    assert openssl("smime", "-verify", "-in", str(mail.folder / "letter.eml"), "-CAfile", root, "-purpose", "any") == content
    return content


def attached(content: bytes) -> bytes:
    parts = [part for part in email.message_from_bytes(content, policy=email.policy.default).walk() if (part.get_filename() or "").endswith(".edxml")]
    assert len(parts) == 1
    return parts[0].get_content()


@pytest.fixture(scope="module")
def sent(mail):
    """A document of house A on its way: the letter, and the page of the dispatch."""
    clerk = mail.a.staff(CLERK)
    page = houses.dispatch(clerk, houses.document(mail.a), B, "so thu nghiem b")
    until(lambda: mail.to(ADDRESS[B]))
    letter = mail.to(ADDRESS[B])[0]
    edxml = attached(judged(mail, letter, A))
    number = re.search(rb"DocumentId>([^<]*)<", edxml).group(1).decode().rsplit(",", 1)[1]
    return letter, page, number


def test_the_letter_is_one_that_any_mail_program_reads_and_openssl_believes(mail, sent):
    letter = email.message_from_bytes(sent[0], policy=email.policy.default)
    assert letter.get_content_type() == "multipart/signed" and letter.get_param("micalg") == "sha-256", letter["Content-Type"]
    assert ADDRESS[A] in letter["From"] and ADDRESS[B] in letter["To"] and letter["Message-ID"].endswith("@a.example>")
    assert max(map(len, sent[0].splitlines())) <= 998
    first, second = letter.iter_parts()
    assert second.get_content_type() == "application/pkcs7-signature"
    assert "ký số" in first.get_body(("plain",)).get_content()


def test_a_changed_letter_is_kept_aside_and_what_was_sent_comes_once_and_is_answered(mail, sent):
    letter, page, number = sent
    clerk_a, clerk_b = mail.a.staff(CLERK), mail.b.staff(CLERK)
    # One letter of the base 64 of the package is another; the change comes first and must not keep the true one out.
    at = letter.index(b"PD94bWwg") + 400
    changed = letter[:at] + (b"B" if letter[at : at + 1] != b"B" else b"C") + letter[at + 1 :]
    deliver(mail.b, changed)
    until(lambda: not new(mail.b))
    held = quarantine(clerk_b)
    assert "chữ ký của thư không được chấp nhận" in held and "has been changed" in held, held[:1500]
    assert arrivals(clerk_b, number) == []
    for _ in range(2):
        deliver(mail.b, letter)
    until(lambda: not new(mail.b))
    came = arrivals(clerk_b, number)
    assert len(came) == 1, "delivered twice, it came once"
    assert sorted(path.name.rsplit(":", 1)[1] for path in (pathlib.Path(mail.b.maildir) / "cur").iterdir()) == ["2,FS", "2,S", "2,S"]

    until(lambda: mail.to(ADDRESS[A]))
    back = mail.to(ADDRESS[A])[0]
    judged(mail, back, B)
    assert re.search(rb"StatusCode>01<", attached(judged(mail, back, B)))
    deliver(mail.a, back)
    until(lambda: "Đã đến" in clerk_a.open(page).get_text())
    clerk_b.open(came[0])
    clerk_b.send("form[action$='/register']")
    until(lambda: len(mail.to(ADDRESS[A])) >= 3)
    for status in mail.to(ADDRESS[A])[1:]:
        deliver(mail.a, status)
    until(lambda: "Đã tiếp nhận" in clerk_a.open(page).get_text())
    assert "Thư điện tử có ký số" in clerk_a.words()
    houses.secrets_stay(clerk_a, page)
    assert not [content for _, _, content in mail.letters if "TỐI MẬT".encode() in attached(content)]


def test_what_another_signs_with_openssl_is_taken_when_it_is_the_senders_own_certificate(mail):
    clerk = mail.b.staff(CLERK)
    deliver(mail.b, mail.third.letter(package(THIRD, [B], number="9901")))
    until(lambda: len(arrivals(clerk, "9901")) == 1)
    # Another certificate of the same authority, another sender's name, no signature, no package.
    deliver(mail.b, mail.third.letter(package(THIRD, [B], number="9902"), by="other"))
    deliver(mail.b, mail.third.letter(package(A, [B], number="9903")))
    plain = email.message.EmailMessage()
    plain["Subject"], plain["From"], plain["To"] = "Văn bản", ADDRESS[A], ADDRESS[B]
    plain.set_content("Không có chữ ký")
    deliver(mail.b, plain.as_bytes())
    deliver(mail.b, mail.third.letter(b"<x/>"))
    until(lambda: not new(mail.b))
    held = quarantine(clerk)
    for words in ("(Con dau other) không phải của thành viên nào", f"gói tin ghi bên gửi {A}", "thư không có chữ ký"):
        assert words in held, (words, held[:3000])
    for number in ("9902", "9903"):
        assert arrivals(clerk, number) == []
    # What waits goes back by letter, to the address of the list.
    assert until(lambda: mail.to("bo@third.example"))


def test_doctor_and_verify_are_content(mail):
    for program in (mail.a, mail.b):
        assert re.search(r"ok   document axis \(mail\): van-thu@\w.example \(.*\) names 3 bodies", program.run("doctor", check=False).stdout)
        program.run("verify", "--quiet")
