"""A stand-in for the ministries' desktop agent: speaks its protocol and signs with pyHanko.

The page opens wss://127.0.0.1:8987/SignApproved and sends one message; the agent fetches the paper that the message
names, signs it, brings it to the handler that the message names, and hands the handler's answer back to the page.
"""

import contextlib
import datetime
import io
import json
import ssl
import threading

import requests
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore
from websockets.sync.server import serve

PORT = 8987


def name(common: str) -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, "VN"), (NameOID.ORGANIZATION_NAME, "Ban Cơ yếu thử nghiệm"), (NameOID.COMMON_NAME, common)]
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts])


class Issuer:
    """An authority of others, with a root of its own."""

    def __init__(self, common: str = "CA chuyên dùng thử nghiệm"):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self.made(common, self.key, authority=True)

    def made(self, common: str, key, authority: bool = False, use: str = "content_commitment") -> x509.Certificate:
        now = datetime.datetime.now(datetime.timezone.utc)
        usage = dict.fromkeys(["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                               "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"], False)
        usage |= {"key_cert_sign": True, "crl_sign": True} if authority else {use: True}
        builder = (x509.CertificateBuilder().subject_name(name(common)).issuer_name(name(common) if authority else self.certificate.subject)
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now - datetime.timedelta(minutes=5)).not_valid_after(now + datetime.timedelta(days=700))
                   .add_extension(x509.BasicConstraints(authority, None), critical=True)
                   .add_extension(x509.KeyUsage(**usage), critical=True)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False))
        return builder.sign(self.key, hashes.SHA256())

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


class Token:
    """A person's own key with its certificate."""

    def __init__(self, issuer: Issuer, common: str):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = issuer.made(common, self.key)
        registry = SimpleCertificateStore()
        registry.register(asn1(issuer.certificate))
        private = self.key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.signer = signers.SimpleSigner(asn1(self.certificate), asn1_keys.PrivateKeyInfo.load(private), registry)

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def sign(self, pdf: bytes, field: str = "ChuKy", place=None, before=None) -> bytes:
        """The file with a signature; `before` does something else in the same revision."""
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        if before:
            before(writer)
        spec = fields.SigFieldSpec(field, on_page=0, box=place) if place else None
        meta = signers.PdfSignatureMetadata(field_name=field, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES)
        return signers.PdfSigner(meta, self.signer, new_field_spec=spec).sign_pdf(writer).getvalue()


def asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def writes_on_the_page(writer) -> None:
    """Another text over the first page, in the very revision that is signed."""
    text = generic.StreamObject(stream_data=b"q 0 0 0 rg 100 700 200 40 re f Q")
    writer.add_stream_to_page(0, writer.add_object(text))


def fills_the_number(writer) -> None:
    """The number, which is the clerk's to give."""
    form = writer.root["/AcroForm"]
    for field in form["/Fields"]:
        if field.get_object()["/T"] == "So":
            field.get_object()["/V"] = generic.TextStringObject("9999")
            writer.update_container(field.get_object())


def bring(message: dict, pdf: bytes, header: bool = True) -> dict:
    """Brings a signed file as the agent does; without the header the word travels as metadata only."""
    headers = {"Authorization": f"Bearer {message['JWTToken']}"} if header else {}
    data = {pair["Key"]: pair["Value"] for pair in message["MetaData"]}
    files = {"uploadfile": ("van-ban.signed.pdf", pdf, "application/pdf")}
    answer = requests.post(message["FileUploadHandler"], headers=headers, data=data, files=files, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


@contextlib.contextmanager
def running(token: Token, folder):
    """The agent on this machine; gives the list of messages that it got."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = Issuer("VGCA Sign Service thử nghiệm").made("127.0.0.1", key, use="digital_signature")
    (folder / "agent.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "agent.pem")
    got: list[dict] = []

    def speak(socket) -> None:
        assert socket.request.path == "/SignApproved"
        message = json.loads(socket.recv())
        got.append(message)
        paper = requests.get(message["FileName"], timeout=60)
        paper.raise_for_status()
        socket.send(json.dumps(bring(message, token.sign(paper.content))))

    with serve(speak, "127.0.0.1", PORT, ssl=context) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield got
        server.shutdown()
        thread.join()
