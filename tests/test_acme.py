"""Devices and servers enrol by themselves: certbot as it comes, and a client that does what certbot never would."""

import base64
import contextlib
import hashlib
import http.server
import itertools
import json
import random
import re
import subprocess
import threading

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

from conftest import OUT
from pages import assert_fit
from test_certificates import BIN, asked, openssl, published  # noqa: F401 (a fixture)

HOST = "may-chu.quochoi.example"
ERROR = "urn:ietf:params:acme:error:"


def b64(data: bytes | str) -> str:
    data = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.fixture(scope="module")
def desk(staff):
    """The desk's two administrators in turn: each can give one code in half a minute."""
    return itertools.cycle(staff.all("admin@", 2))


def admit(desk, names: str = HOST, **more) -> tuple[str, str]:
    """A device admitted by the desk: its key identifier and its secret."""
    admin = next(desk)
    admin.open("/certificates/devices")
    values = {"name": "Máy chủ thử nghiệm", "names": names, "address": "127.0.0.1", "basis": "Công văn số 1", **more}
    admin.send("form[action='/certificates/devices']", **values, code=admin.code())
    page = admin.page()
    assert page.select_one("#secret"), admin.words()[:600]
    return page.select_one("#kid").get_text(strip=True), page.select_one("#secret").get_text(strip=True)


class Client:
    """Speaks ACME by hand, so that it can also speak it wrongly."""

    def __init__(self, base: str, key=None):
        self.base = base
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.account = None
        self.directory = requests.get(f"{base}/acme/directory", timeout=30).json()

    def nonce(self) -> str:
        return requests.head(self.directory["newNonce"], timeout=30).headers["Replay-Nonce"]

    def jwk(self, key=None) -> dict:
        numbers = (key or self.key).public_key().public_numbers()
        return {"crv": "P-256", "kty": "EC", "x": b64(numbers.x.to_bytes(32)), "y": b64(numbers.y.to_bytes(32))}

    def thumbprint(self) -> str:
        return b64(hashlib.sha256(json.dumps(self.jwk(), separators=(",", ":"), sort_keys=True).encode()).digest())

    def signed(self, header: dict, payload, key=None) -> dict:
        protected = b64(json.dumps({"alg": "ES256", **header}))
        body = "" if payload is None else b64(json.dumps(payload))
        r, s = decode_dss_signature((key or self.key).sign(f"{protected}.{body}".encode(), ec.ECDSA(hashes.SHA256())))
        return {"protected": protected, "payload": body, "signature": b64(r.to_bytes(32) + s.to_bytes(32))}

    def post(self, url: str, payload=None, **header) -> requests.Response:
        who = {"kid": self.account} if self.account else {"jwk": self.jwk()}
        full = {"nonce": self.nonce(), "url": url, **who, **header}
        return self.send(url, self.signed({k: v for k, v in full.items() if v is not None}, payload))

    def send(self, url: str, message) -> requests.Response:
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        return requests.post(url, data=data, headers={"Content-Type": "application/jose+json"}, timeout=60)

    def binding(self, kid: str, secret: str, **changed) -> dict:
        protected = b64(json.dumps({"alg": "HS256", "kid": kid, "url": self.directory["newAccount"], **changed}))
        payload = b64(json.dumps(self.jwk()))
        code = hmac.HMAC(base64.urlsafe_b64decode(secret + "=="), hashes.SHA256())
        code.update(f"{protected}.{payload}".encode())
        return {"protected": protected, "payload": payload, "signature": b64(code.finalize())}

    def enrol(self, kid: str, secret: str) -> "Client":
        payload = {"termsOfServiceAgreed": True, "externalAccountBinding": self.binding(kid, secret)}
        answer = self.post(self.directory["newAccount"], payload)
        assert answer.status_code == 201, answer.text
        self.account = answer.headers["Location"]
        return self

    def order(self, *names: str) -> requests.Response:
        return self.post(self.directory["newOrder"], {"identifiers": [{"type": "dns", "value": n} for n in names]})

    def csr(self, *names: str, key=None) -> bytes:
        key = key or ec.generate_private_key(ec.SECP256R1())
        alternative = x509.SubjectAlternativeName([x509.DNSName(n) for n in names])
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        return builder.add_extension(alternative, False).sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def obtain(self, served: dict, *names: str, key=None) -> tuple[x509.Certificate, str]:
        """A certificate, and its chain in PEM."""
        placed = self.order(*names)
        assert placed.status_code == 201, placed.text
        for url in placed.json()["authorizations"]:
            challenge = self.post(url).json()["challenges"][0]
            served[challenge["token"]] = f"{challenge['token']}.{self.thumbprint()}"
            proven = self.post(challenge["url"], {})
            assert proven.json()["status"] == "valid", proven.text
        filled = self.post(placed.json()["finalize"], {"csr": b64(self.csr(*names, key=key))})
        assert filled.json()["status"] == "valid", filled.text
        pem = self.post(filled.json()["certificate"]).text
        return x509.load_pem_x509_certificate(pem.encode()), pem


def problem(answer: requests.Response, kind: str, status: int | None = None) -> dict:
    """The problem document that an answer is, which is to be of this kind."""
    assert answer.headers["Content-Type"] == "application/problem+json", (answer.status_code, answer.text[:300])
    found = answer.json()
    assert found["type"] == ERROR + kind and found["status"] == answer.status_code, found
    assert status is None or answer.status_code == status, found
    return found


@pytest.fixture(scope="module")
def enrolled(demo, desk):
    """Two devices with their accounts; the first has two names."""
    return Client(demo.base).enrol(*admit(desk, f"{HOST} www.{HOST}")), Client(demo.base).enrol(*admit(desk))


@contextlib.contextmanager
def answering(port: int):
    """A device's HTTP server: what it answers by token."""
    served: dict[str, str] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = served.get(self.path.rsplit("/", 1)[1], "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certbot(folder, *arguments: str, good: bool = True) -> str:
    places = [f"--{name}-dir={folder / name}" for name in ("config", "work", "logs")]
    done = subprocess.run([str(BIN / "certbot"), *arguments, "--non-interactive", *places], capture_output=True, text=True, timeout=180)
    assert (done.returncode == 0) == good, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_certbot_as_it_comes_gets_renews_and_revokes_a_certificate(demo, desk, staff, published, tmp_path):
    admin = staff("admin@")
    kid, secret = admit(desk, f"{HOST}\nwww.{HOST}")
    server = f"{demo.base}/acme/directory"
    first = ["certonly", "--standalone", "--server", server, "--agree-tos", "--register-unsafely-without-email",
             "--http-01-address", "127.0.0.1", "--http-01-port", str(demo.acme_port), "-d", HOST, "-d", f"www.{HOST}"]
    text = certbot(tmp_path, *first, "--eab-kid", kid, "--eab-hmac-key", b64(b"not the secret of this admission"), good=False)
    assert "external account binding is not right" in text, text
    certbot(tmp_path, *first, "--eab-kid", kid, "--eab-hmac-key", secret)
    live = tmp_path / "config" / "live" / HOST
    root, issuing = published / "root.cer.pem", published / "issuing.cer.pem"
    # The chain that the client got leads to the house's root, for this name, as a server's.
    for name in (HOST, f"www.{HOST}"):
        good, said = openssl("verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", name, "-CAfile", str(root),
                             "-untrusted", str(live / "chain.pem"), str(live / "cert.pem"))
        assert good, said
    linted = subprocess.run([str(BIN / "lint_pkix_cert"), "lint", str(live / "cert.pem")], capture_output=True, text=True, timeout=120)
    for bad in ("Traceback", "FATAL", "ERROR", "WARNING"):
        assert bad not in linted.stdout + linted.stderr, linted.stdout + linted.stderr
    assert "good" in asked(demo, published, "-cert", str(live / "cert.pem"))
    before = x509.load_pem_x509_certificate((live / "cert.pem").read_bytes())
    above = [x509.load_pem_x509_certificate(f.read_bytes()) for f in (live / "chain.pem", issuing)]
    assert above[0] == above[1]
    # What was recorded is all there is: the program may stop at any time.
    demo.stop()
    demo.start()
    certbot(tmp_path, "renew", "--force-renewal", "--no-random-sleep-on-renew")
    after = x509.load_pem_x509_certificate((live / "cert.pem").read_bytes())
    assert after.serial_number != before.serial_number
    page = admin.open("/certificates/devices")
    row = next(r for r in page.select("main tbody tr") if f"www.{HOST}" in r.get_text())
    assert "Đã kết nối" in row.get_text() and f"/certificates/{after.serial_number:032x}" in str(row), row
    # Each certificate is an act, by the program, and names the device.
    admin.open(f"/certificates/{after.serial_number:032x}")
    assert "Máy chủ thử nghiệm" in admin.words() and "Còn hiệu lực" in admin.words()
    certbot(tmp_path, "revoke", "--server", server, "--cert-path", str(live / "cert.pem"), "--reason", "keycompromise", "--no-delete-after-revoke")
    said = asked(demo, published, "-cert", str(live / "cert.pem"))
    assert "revoked" in said and "keyCompromise" in said, said
    assert "good" in asked(demo, published, "-serial", hex(before.serial_number))
    assert "already" in certbot(tmp_path, "revoke", "--server", server, "--cert-path", str(live / "cert.pem"), good=False)


def test_only_the_admitted_enrol_and_each_secret_binds_once(demo, desk):
    kid, secret = admit(desk)
    client = Client(demo.base)
    new = client.directory["newAccount"]
    assert client.directory["meta"]["externalAccountRequired"] is True
    problem(client.post(new, {}), "externalAccountRequired", 403)
    problem(client.post(new, {"onlyReturnExisting": True}), "accountDoesNotExist", 400)
    other = Client(demo.base)
    for wrong in (client.binding(kid, b64(b"x" * 32)), client.binding("device-unknown", secret), client.binding(kid, secret, url=demo.base),
                  client.binding(kid, secret, nonce="n"), other.binding(kid, secret), {**client.binding(kid, secret), "payload": b64("{}")}):
        problem(client.post(new, {"externalAccountBinding": wrong}), "unauthorized", 403)
    problem(client.post(new, {"externalAccountBinding": "none"}), "malformed", 400)
    client.enrol(kid, secret)
    # The same key finds its account; another cannot bind to the admission again.
    again = Client(demo.base, client.key)
    found = again.post(new, {"onlyReturnExisting": True})
    assert (found.status_code, found.headers["Location"]) == (200, client.account)
    problem(other.post(new, {"externalAccountBinding": other.binding(kid, secret)}), "unauthorized", 403)
    problem(other.post(client.directory["newOrder"], {"identifiers": []}), "malformed")
    problem(client.post(client.directory["newOrder"], {"identifiers": []}, kid=client.account + "x"), "accountDoesNotExist")


def test_the_secret_is_shown_once_and_the_same_form_admits_once(demo, desk, staff):
    admin = next(desk)
    admin.open("/certificates/devices")
    form = admin.fill("form[action='/certificates/devices']", name="Máy in", names="may-in.quochoi.example", address="127.0.0.1", code=admin.code())
    admin.post(form)
    assert_fit(demo.base, OUT / "devices", ("device-admitted", admin.answer))
    secret = admin.page().select_one("#secret").get_text(strip=True)
    form.fields["code"] = admin.code()
    admin.post(form)
    assert admin.page().select_one("#secret") is None and "đã được ghi nhận" in admin.words(), admin.words()[:400]
    assert secret not in admin.open("/certificates/devices").get_text()
    assert secret not in demo.log.read_text()
    admin = next(desk)
    admin.open("/certificates/devices")
    admin.send("form[action='/certificates/devices']", name="", names="*.quochoi.example 10.1.2.3", address="may-chu", code=admin.code())
    assert admin.answer.status_code == 422
    for word in ("Không phải tên máy đúng: *.quochoi.example", "Không phải tên máy đúng: 10.1.2.3", "Không phải địa chỉ mạng"):
        assert word in admin.words(), admin.words()[:500]
    # Nobody else admits: not the head of a department, who may look.
    head = next(h for a in demo.accounts().values() for h in a["holds"] if h.startswith("head@vu-"))
    assert staff(head).open("/certificates/devices").select_one("form[action='/certificates/devices']") is None


def test_a_message_counts_once_at_one_address_by_its_own_key(enrolled):
    client = enrolled[1]
    orders = client.post(client.account).json()["orders"]
    word = client.nonce()
    message = client.signed({"kid": client.account, "nonce": word, "url": orders}, None)
    assert client.send(orders, message).json() == {"orders": []}
    replayed = client.send(orders, message)
    problem(replayed, "badNonce", 400)
    # The refusal brings the next word.
    assert client.post(orders, nonce=replayed.headers["Replay-Nonce"]).status_code == 200
    for nonce in ("", "AAAA", None):
        problem(client.post(orders, nonce=nonce), "badNonce", 400)
    problem(client.send(client.account, client.signed({"kid": client.account, "nonce": client.nonce(), "url": orders}, None)), "unauthorized")
    forged = client.signed({"kid": client.account, "nonce": client.nonce(), "url": orders}, None, key=ec.generate_private_key(ec.SECP256R1()))
    problem(client.send(orders, forged), "unauthorized", 403)
    for alg in ("none", "HS256", "RS512"):
        answer = problem(client.post(orders, alg=alg), "badSignatureAlgorithm", 400)
        assert "ES256" in answer["algorithms"]
    problem(client.post(orders, jwk=client.jwk()), "malformed")  # both key and account
    problem(client.post(orders, crit=["b64"]), "malformed")
    unprotected = {**client.signed({"kid": client.account, "nonce": client.nonce(), "url": orders}, None), "header": {}}
    problem(client.send(orders, unprotected), "malformed")


def test_what_does_not_read_gets_a_problem_document_and_never_a_failure(demo):
    client, chance = Client(demo.base), random.Random(5)
    new = client.directory["newAccount"]
    good = json.dumps(client.signed({"jwk": client.jwk(), "nonce": client.nonce(), "url": new}, {})).encode()
    for _ in range(150):
        broken = bytearray(good)
        for _ in range(chance.randint(1, 8)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        answer = client.send(new, bytes(broken[:chance.randint(1, len(broken))]))
        assert answer.status_code in (400, 403), (answer.status_code, answer.text[:200])
        assert answer.json()["type"].startswith(ERROR) and "Replay-Nonce" in answer.headers
    assert client.send(new, b"{" * 200_000).status_code == 413
    deep = b'{"protected":' + b"[" * 40_000 + b"]" * 40_000 + b"}"
    problem(client.send(new, deep), "malformed")
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key().public_numbers()
    jwk = {"kty": "RSA", "n": b64(weak.n.to_bytes(128)), "e": b64(weak.e.to_bytes(3))}
    problem(client.post(new, {}, jwk=jwk, alg="RS256"), "badPublicKey", 400)
    assert requests.get(new, timeout=30).status_code == 405
    assert requests.get(f"{demo.base}/acme/", timeout=30).status_code in (404, 405)
    problem(client.post(f"{demo.base}/acme/no-such-thing", {}), "malformed", 404)


def test_names_keys_and_orders_of_others_are_refused(demo, enrolled):
    client, stranger = enrolled
    for name in ("khac.quochoi.example", f"*.{HOST}", "127.0.0.1", ""):
        problem(client.order(HOST, name), "rejectedIdentifier", 403)
    ip = {"identifiers": [{"type": "ip", "value": "127.0.0.1"}]}
    problem(client.post(client.directory["newOrder"], ip), "unsupportedIdentifier", 400)
    problem(client.order(), "malformed", 400)
    placed = client.order(HOST.upper(), HOST)
    order = placed.json()
    assert [i["value"] for i in order["identifiers"]] == [HOST] and order["status"] == "pending"
    problem(client.post(order["finalize"], {"csr": b64(client.csr(HOST))}), "orderNotReady", 403)
    for url in (placed.headers["Location"], order["authorizations"][0], order["finalize"]):
        payload = {"csr": b64(client.csr(HOST))} if url == order["finalize"] else None
        problem(stranger.post(url, payload), "malformed", 404)
    problem(stranger.post(client.account), "unauthorized", 403)
    with answering(demo.acme_port) as served:
        challenge = client.post(order["authorizations"][0]).json()["challenges"][0]
        served[challenge["token"]] = f"{challenge['token']}.{client.thumbprint()}"
        assert client.post(challenge["url"], {}).json()["status"] == "valid"
        small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        curve = ec.generate_private_key(ec.SECP521R1())
        for csr in (client.csr("khac.example"), client.csr(HOST, f"www.{HOST}"), client.csr(HOST, key=client.key), client.csr(HOST, key=small),
                    client.csr(HOST, key=curve), b"no request", client.csr(HOST)[:-1] + b"\0"):
            problem(client.post(order["finalize"], {"csr": b64(csr)}), "badCSR", 400)
        filled = client.post(order["finalize"], {"csr": b64(client.csr(HOST))})
        assert filled.json()["status"] == "valid", filled.text
        # Once more changes nothing.
        assert client.post(order["finalize"], {"csr": b64(client.csr(HOST))}).json() == filled.json()
        problem(stranger.post(filled.json()["certificate"]), "malformed", 404)
        der = x509.load_pem_x509_certificate(client.post(filled.json()["certificate"]).text.encode()).public_bytes(serialization.Encoding.DER)
        revoke = client.directory["revokeCert"]
        problem(stranger.post(revoke, {"certificate": b64(der)}), "unauthorized", 403)
        problem(client.post(revoke, {"certificate": b64(der), "reason": 6}), "badRevocationReason", 400)
        problem(client.post(revoke, {"certificate": b64(der[:-1] + b"\0")}), "malformed", 404)
        own = requests.get(f"{demo.base}/pki/issuing.cer", timeout=30).content
        problem(client.post(revoke, {"certificate": b64(own)}), "malformed", 404)


def test_whoever_holds_the_key_of_a_certificate_revokes_it(demo, desk, published, tmp_path):
    client = Client(demo.base).enrol(*admit(desk, profile="device"))
    key = ec.generate_private_key(ec.SECP256R1())
    with answering(demo.acme_port) as served:
        certificate, pem = client.obtain(served, HOST, key=key)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [u.dotted_string for u in usage] == ["1.3.6.1.5.5.7.3.2"]
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == HOST
    assert client.account.endswith("/" + certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value)
    (tmp_path / "chain.pem").write_text(pem)
    assert "good" in asked(demo, published, "-cert", str(tmp_path / "chain.pem"))
    holder = Client(demo.base, key)
    answer = holder.post(holder.directory["revokeCert"], {"certificate": b64(certificate.public_bytes(serialization.Encoding.DER)), "reason": 4})
    assert (answer.status_code, answer.content) == (200, b""), answer.text
    assert "superseded" in asked(demo, published, "-cert", str(tmp_path / "chain.pem"))


def test_a_device_that_does_not_prove_a_name_is_told_why_and_the_order_is_over(demo, desk, enrolled):
    client = enrolled[0]

    def refused(kind: str, served: dict | None, words: str) -> None:
        placed = client.order(HOST)
        challenge = client.post(placed.json()["authorizations"][0]).json()["challenges"][0]
        if served is not None:
            served[challenge["token"]] = f"{challenge['token']}.another"
        found = client.post(challenge["url"], {}).json()
        assert found["status"] == "invalid" and found["error"]["type"] == ERROR + kind and words in found["error"]["detail"], found
        order = client.post(placed.headers["Location"]).json()
        assert order["status"] == "invalid" and order["error"]["type"] == ERROR + kind
        problem(client.post(order["finalize"], {"csr": b64(client.csr(HOST))}), "orderNotReady")
        # It was decided: asking again asks nobody.
        assert client.post(challenge["url"], {}).json() == found

    refused("connection", None, "is not reached")
    with answering(demo.acme_port) as served:
        refused("incorrectResponse", served, "expected answer")
        placed = client.order(HOST)
        challenge = client.post(placed.json()["authorizations"][0]).json()["challenges"][0]
        assert "status 404" in client.post(challenge["url"], {}).json()["error"]["detail"]
        # Outside of the networks that are named nothing is asked, not even the machine itself by another address.
        for address in ("169.254.169.254", "::1"):
            far = Client(demo.base).enrol(*admit(desk, address=address))
            challenge = far.post(far.order(HOST).json()["authorizations"][0]).json()["challenges"][0]
            served[challenge["token"]] = f"{challenge['token']}.{far.thumbprint()}"
            error = far.post(challenge["url"], {}).json()["error"]
            assert error["type"] == ERROR + "dns" and "no network in which devices are asked" in error["detail"], error
        # By the name's own address, where the desk fixed none.
        near = Client(demo.base).enrol(*admit(desk, names="localhost", address=""))
        certificate, _ = near.obtain(served, "localhost")
        assert certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName) == ["localhost"]


def test_an_account_changes_its_key_and_closes(demo, desk):
    client = Client(demo.base).enrol(*admit(desk))
    url, fresh = client.directory["keyChange"], ec.generate_private_key(ec.SECP256R1())

    def change(key, inner: dict, **header) -> requests.Response:
        head = {"jwk": client.jwk(key), "url": url, **header}
        return client.post(url, client.signed(head, inner, key=key))

    right = {"account": client.account, "oldKey": client.jwk()}
    for wrong in ({**right, "account": client.account + "x"}, {**right, "oldKey": client.jwk(fresh)}):
        problem(change(fresh, wrong), "malformed")
    problem(change(fresh, right, url=client.account), "malformed")
    problem(client.post(url, client.signed({"jwk": client.jwk(fresh), "url": url}, right)), "unauthorized")  # not by the new key
    old = client.key
    assert change(fresh, right).status_code == 200
    problem(client.post(client.account), "unauthorized", 403)
    client.key = fresh
    assert client.post(client.account).json()["status"] == "valid"
    problem(change(fresh, {"account": client.account, "oldKey": client.jwk()}), "malformed", 409)  # in use
    assert Client(demo.base, old).post(client.directory["newAccount"], {"onlyReturnExisting": True}).status_code == 400
    assert client.post(client.account, {"status": "deactivated"}).json()["status"] == "deactivated"
    problem(client.post(client.account), "unauthorized", 403)
    problem(client.order(HOST), "unauthorized", 403)


def test_the_desk_ends_an_admission_and_its_certificates_at_once(demo, desk, published, tmp_path):
    admin = next(desk)
    kid, secret = admit(desk)
    client = Client(demo.base).enrol(kid, secret)
    with answering(demo.acme_port) as served:
        _, pem = client.obtain(served, HOST)
    (tmp_path / "chain.pem").write_text(pem)
    admin.open("/certificates/devices")
    admin.send(f"form[action='/certificates/devices/{kid}/end']", reason="")
    assert admin.answer.status_code == 422
    admin.open("/certificates/devices")
    admin.send(f"form[action='/certificates/devices/{kid}/end']", reason="Thanh lý máy chủ")
    assert "Đã chấm dứt" in admin.words(), admin.words()[:300]
    said = asked(demo, published, "-cert", str(tmp_path / "chain.pem"))
    assert "revoked" in said and "cessationOfOperation" in said, said
    problem(client.order(HOST), "unauthorized", 403)
    # A secret that was never used is worth nothing either.
    kid, secret = admit(desk)
    admin.open("/certificates/devices")
    admin.send(f"form[action='/certificates/devices/{kid}/end']", reason="Nhầm tên")
    late = Client(demo.base)
    problem(late.post(late.directory["newAccount"], {"externalAccountBinding": late.binding(kid, secret)}), "unauthorized", 403)


def test_everything_is_an_act_and_the_tables_follow_from_them(demo, staff, enrolled):
    client = enrolled[0]
    with answering(demo.acme_port) as served:
        certificate, _ = client.obtain(served, HOST)
    device = client.account.rsplit("/", 1)[1]
    auditor = staff("auditor@")
    for stream, kinds in [(f"device:{device}", ["device.admitted", "device.account_opened"]),
                          (f"certificate:{certificate.serial_number:032x}", ["certificate.issued"])]:
        text = auditor.request("GET", f"/journal/{requests.utils.quote(stream, safe='')}").text
        for kind in kinds:
            assert kind in text or re.search(kind.replace(".", r"\W"), text), (kind, auditor.words()[:500])
    assert "everything is as it was recorded" in demo.run("verify", "--quiet").stdout


def test_an_office_that_names_no_network_serves_no_enrolment(demo, staff):
    env = {k: v for k, v in demo.env.items() if "_ACME_" not in k}
    demo.stop()
    kept, demo.env = demo.env, env
    try:
        demo.start()
        assert requests.get(f"{demo.base}/acme/directory", timeout=30).status_code == 404
        admin = staff("admin@")
        page = admin.open("/certificates/devices")
        assert "Chưa mở việc tự xin chứng thư" in admin.words() and page.select_one("form[action='/certificates/devices']") is None
    finally:
        demo.stop()
        demo.env = kept
        demo.start()


@pytest.mark.parametrize("path", ["/certificates/devices"])
def test_the_page_is_closed_to_those_who_have_no_part(demo, staff, path):
    assert staff("expert@vu-phap-luat").request("GET", path).status_code == 403
    anyone = requests.get(demo.base + path, timeout=30, allow_redirects=False)
    assert anyone.status_code == 303 and "/login" in anyone.headers["Location"]
