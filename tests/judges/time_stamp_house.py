"""A certification house that others made: keys and certificates by Python's `cryptography`, time stamps and status answers by
openssl, all of it on one port, over plain HTTP or (`tls`) over https with a certificate under a root of its own.

Paths: /tsa (RFC 3161), /ocsp (RFC 6960), /issuing.cer, /root.crl, /issuing.crl, /away (sends on to another address), /slow,
/broken. `silent` makes the time stamp authority answer with an error, until it is taken back.
"""

import contextlib
import datetime
import http.server
import ipaddress
import pathlib
import ssl
import subprocess
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


class House:
    """The folder has root.pem, person.key, person.pem (with the issuing certificate behind it), alone.pem (without); with `tls` also web.pem, the root of
    its https."""

    def __init__(self, folder: pathlib.Path, tls: bool = False):
        self.folder = folder
        self.silent = False
        self.asked: list[str] = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self.server.server_address[1]
        self.base = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._make()
        if tls:
            self._secure()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()

    def _secure(self) -> None:
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = self._certificate("Goc cua trang", root_key, authority=True)
        here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        serving = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        own = self._certificate("127.0.0.1", key, (root, root_key), [(here, False), (serving, False)])
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        (self.folder / "web.pem").write_bytes(root.public_bytes(pem))
        (self.folder / "server.pem").write_bytes(
            own.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.pem")
        # The handshake is each connection's own, so that a client that breaks it off stops nobody.
        socket = self.server.socket
        self.server.socket = context.wrap_socket(socket, server_side=True, do_handshake_on_connect=False)

    def _certificate(self, name, key, issuer=None, more=(), authority=False):
        now = datetime.datetime.now(datetime.timezone.utc)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer_name, issuer_key = (issuer[0].subject, issuer[1]) if issuer else (subject, key)
        signs = not authority
        usage = x509.KeyUsage(signs, signs, False, False, False, authority, authority, False, False)
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer_name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + 900 * DAY)
            .add_extension(x509.BasicConstraints(authority, None), True).add_extension(usage, True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
        )
        for extension, critical in more:
            builder = builder.add_extension(extension, critical)
        return builder.sign(issuer_key, hashes.SHA256())

    def _points(self, crl, issuer=None, ocsp=False):
        found = [x509.DistributionPoint([x509.UniformResourceIdentifier(f"{self.base}/{crl}")], None, None, None)]
        access = []
        if issuer:
            access.append((AuthorityInformationAccessOID.CA_ISSUERS, f"{self.base}/{issuer}"))
        if ocsp:
            access.append((AuthorityInformationAccessOID.OCSP, f"{self.base}/ocsp"))
        access = [x509.AccessDescription(kind, x509.UniformResourceIdentifier(url)) for kind, url in access]
        more = [(x509.CRLDistributionPoints(found), False)]
        return more + ([(x509.AuthorityInformationAccess(access), False)] if access else [])

    def _make(self):
        keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "issuing", "person", "tsa", "ocsp")}
        root = self._certificate("Goc", keys["root"], authority=True)
        top = (root, keys["root"])
        issuing = self._certificate("Cap chung thu", keys["issuing"], top, self._points("root.crl"), authority=True)
        under = (issuing, keys["issuing"])
        person = self._certificate("Nguyen Van A", keys["person"], under, self._points("issuing.crl", "issuing.cer", ocsp=True))
        stamping = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
        tsa = self._certificate("Dau thoi gian", keys["tsa"], under, [*self._points("issuing.crl", "issuing.cer"), stamping])
        answering = [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False), (x509.OCSPNoCheck(), False)]
        ocsp = self._certificate("Trang thai", keys["ocsp"], under, answering)
        self.person = person
        pem = serialization.Encoding.PEM
        made = {"root": root, "issuing": issuing, "alone": person, "tsa": tsa, "ocsp": ocsp}
        for name, certificate in made.items():
            (self.folder / f"{name}.pem").write_bytes(certificate.public_bytes(pem))
        (self.folder / "person.pem").write_bytes(person.public_bytes(pem) + issuing.public_bytes(pem))
        for name, key in keys.items():
            plain = serialization.NoEncryption()
            (self.folder / f"{name}.key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
        now = datetime.datetime.now(datetime.timezone.utc)
        for name, (certificate, key) in {"root": top, "issuing": under}.items():
            builder = x509.CertificateRevocationListBuilder().issuer_name(certificate.subject).last_update(now - DAY / 24)
            builder = builder.next_update(now + 7 * DAY).add_extension(x509.CRLNumber(1), False)
            builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
            crl = builder.sign(key, hashes.SHA256())
            (self.folder / f"{name}.crl").write_bytes(crl.public_bytes(serialization.Encoding.DER))
        (self.folder / "issuing.cer").write_bytes(issuing.public_bytes(serialization.Encoding.DER))
        (self.folder / "tsa.serial").write_text("01\n")
        (self.folder / "tsa.cnf").write_text(
            "[tsa]\nserial = tsa.serial\ncrypto_device = builtin\nsigner_cert = tsa.pem\ncerts = issuing.pem\n"
            "signer_key = tsa.key\nsigner_digest = sha256\ndefault_policy = 1.2.3.4\ndigests = sha256, sha384, sha512\n"
            "accuracy = secs:1\nordering = no\ness_cert_id_chain = no\ness_cert_id_alg = sha256\n"
        )
        serial = f"{person.serial_number:X}"
        until = (now + 900 * DAY).strftime("%y%m%d%H%M%SZ")
        (self.folder / "index.txt").write_text(f"V\t{until}\t\t{serial if len(serial) % 2 == 0 else '0' + serial}\tunknown\t/CN=Nguyen Van A\n")

    def _openssl(self, *arguments: str, request: bytes) -> bytes:
        with contextlib.ExitStack() as files:
            import tempfile
            here = pathlib.Path(files.enter_context(tempfile.TemporaryDirectory()))
            (here / "request").write_bytes(request)
            named = [a.replace("@", str(here) + "/") for a in arguments]
            subprocess.run(["openssl", *named], cwd=self.folder, check=True, capture_output=True)
            return (here / "answer").read_bytes()

    def _answer(self, path: str, body: bytes):
        if path == "/tsa" and not self.silent:
            made = self._openssl("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "@request", "-out", "@answer", request=body)
            return 200, "application/timestamp-reply", made
        if path == "/ocsp":
            made = self._openssl(
                "ocsp", "-index", "index.txt", "-CA", "issuing.pem", "-rsigner", "ocsp.pem", "-rkey", "ocsp.key",
                "-reqin", "@request", "-respout", "@answer", "-ndays", "3", request=body,
            )
            return 200, "application/ocsp-response", made
        if path in ("/issuing.cer", "/root.crl", "/issuing.crl"):
            return 200, "application/pkix-cert", (self.folder / path[1:]).read_bytes()
        if path == "/broken":
            return 200, "application/timestamp-reply", b"rubbish"
        if path == "/slow":
            time.sleep(4)
        return 503, "text/plain", b"closed"

    def _handler(house):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                house.asked.append(self.path)
                if self.path == "/away":
                    self.send_response(307)
                    self.send_header("Location", "http://169.254.169.254/latest")
                    self.end_headers()
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, kind, answer = house._answer(self.path, body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(answer)

            do_POST = do_GET

        return Handler
