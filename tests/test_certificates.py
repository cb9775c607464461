"""The certificate desk and what the authority publishes, judged by openssl and pkilint as strangers would meet them."""

import base64
import os
import pathlib
import re
import subprocess
import sys

import pytest
import requests

BIN = pathlib.Path(sys.executable).parent
# What linters may warn of, with the reason. Anything else fails.
EXPLAINED = {
    # pkilint wants a CRL to name its issuing point; a full list for everybody needs none (RFC 5280, 5.2.5).
    "WARNING": (),
}


def openssl(*arguments: str, data: bytes | None = None) -> tuple[bool, str]:
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True, timeout=60)
    return done.returncode == 0, (done.stdout + done.stderr).decode("utf-8", "replace")


def pem(der: bytes, kind: str) -> str:
    return f"-----BEGIN {kind}-----\n{base64.encodebytes(der).decode()}-----END {kind}-----\n"


@pytest.fixture(scope="module")
def published(demo, tmp_path_factory):
    """The authority's files as a stranger fetches them, by name."""
    folder = tmp_path_factory.mktemp("pki")
    for name, kind in [("root.cer", "CERTIFICATE"), ("issuing.cer", "CERTIFICATE"), ("root.crl", "X509 CRL"),
                       ("issuing.crl", "X509 CRL"), ("delta.crl", "X509 CRL")]:
        answer = requests.get(f"{demo.base}/pki/{name}", timeout=30)
        assert answer.status_code == 200, name
        (folder / name).write_bytes(answer.content)
        (folder / (name + ".pem")).write_text(pem(answer.content, kind))
    return folder


def people_without(admin) -> list[str]:
    admin.open("/certificates?format=csv")
    lines = [line.split('","') for line in admin.answer.content.decode("utf-8-sig").splitlines()[1:]]
    return [line[0].strip('"') for line in lines if line[2] == "Chưa từng có"]


@pytest.fixture(scope="module")
def equipped(demo, staff, published):
    """An acting person's new certificate, from the request to the holder's hand: the person, the address, the files."""
    head, admin = staff("head@"), staff("admin@")
    holder = staff("expert@")
    # The holder gives up the old certificate: reported by the holder alone, at once.
    me = holder.open("/account").select_one("a.dh-bar__name")
    assert me is not None
    own = holder.open("/account").select_one("main a[href^='/people/']")["href"]
    for link in [a["href"] for a in holder.open(own).select("main a[href^='/certificates/']")]:
        holder.open(link)
        if holder.page().select_one("form[action$='/revoke']"):
            holder.send("form[action$='/revoke']", reason="key_compromise")
            assert "Đã thu hồi" in holder.words()
    person = own.rsplit("/", 1)[1]
    admin.open("/certificates/requests/new")
    bodies = [o["value"] for o in admin.page().select("select[name=body] option")]
    body = re.search(r"expert@([\w-]+)", " ".join(holder.account["holds"])).group(1)
    assert body in bodies
    head.open("/certificates")
    assert "Trang bị chữ ký số" in head.words()
    admin.open("/certificates/requests/new")
    admin.send("main form", body=body, letter="Công văn số 12/CV-VPL", list=f"{person}\nkhong-co-ai\n{person}\n")
    assert admin.answer.status_code == 422 or admin.answer.status_code == 400, admin.answer.status_code
    assert "Danh bạ không có người này: khong-co-ai" in admin.words() and "Trùng với dòng 1" in admin.words()
    admin.send("main form", list=person)
    request = admin.answer.url.split("?")[0]
    assert "Chờ duyệt" in admin.words(), admin.words()[:500]
    # Who asked does not approve.
    assert admin.page().select_one("form[action$='/approve']") is None
    return holder, person, request


def test_openssl_verifies_the_chain_and_the_lists(published, tmp_path):
    root, issuing = published / "root.cer.pem", published / "issuing.cer.pem"
    good, text = openssl("verify", "-x509_strict", "-CAfile", str(root), str(issuing))
    assert good, text
    for name, by in [("root.crl", root), ("issuing.crl", issuing), ("delta.crl", issuing)]:
        good, text = openssl("crl", "-inform", "DER", "-in", str(published / name), "-noout", "-text", "-CAfile", str(by))
        assert good and "verify OK" in text, (name, text)
    lists = tmp_path / "lists.pem"
    lists.write_text("".join((published / f"{n}.crl.pem").read_text() for n in ("root", "issuing")))
    good, text = openssl("verify", "-crl_check_all", "-CAfile", str(root), "-CRLfile", str(lists), str(issuing))
    assert good, text


def stamp(demo, tmp_path, *arguments: str) -> bytes:
    (tmp_path / "data").write_bytes(b"van ban")
    query = tmp_path / "query"
    good, text = openssl("ts", "-query", "-data", str(tmp_path / "data"), "-out", str(query), *arguments)
    assert good, text
    headers = {"Content-Type": "application/timestamp-query"}
    answer = requests.post(f"{demo.base}/pki/tsa", data=query.read_bytes(), headers=headers, timeout=30)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/timestamp-reply"
    (tmp_path / "reply").write_bytes(answer.content)
    return answer.content


def verified(published, tmp_path, data: pathlib.Path) -> tuple[bool, str]:
    return openssl("ts", "-verify", "-data", str(data), "-in", str(tmp_path / "reply"),
                   "-CAfile", str(published / "root.cer.pem"), "-untrusted", str(published / "issuing.cer.pem"))


def test_openssl_accepts_time_stamps_and_sees_another_text(demo, published, tmp_path):
    for digest in ("-sha256", "-sha384", "-sha512"):
        stamp(demo, tmp_path, digest, "-cert")
        good, text = verified(published, tmp_path, tmp_path / "data")
        assert good, text
    (tmp_path / "other").write_bytes(b"van ban khac")
    good, text = verified(published, tmp_path, tmp_path / "other")
    assert not good and "message imprint mismatch" in text
    good, text = openssl("ts", "-reply", "-in", str(tmp_path / "reply"), "-text")
    # No office has vouched for this machine's clock.
    assert "Accuracy: unspecified" in text, text


@pytest.mark.parametrize("arguments, reason", [
    (("-sha1",), "unrecognized or unsupported algorithm"),
    (("-sha256", "-tspolicy", "1.2.3.4.5.6"), "policy is not supported"),
])
def test_a_time_stamp_that_is_not_served_is_rejected_with_its_reason(demo, tmp_path, arguments, reason):
    stamp(demo, tmp_path, *arguments)
    _, text = openssl("ts", "-reply", "-in", str(tmp_path / "reply"), "-text")
    assert "Status: Rejected" in text and reason in text, text


def test_requests_that_do_not_read_or_are_too_large_get_the_answer_of_the_standard(demo):
    broken = requests.post(f"{demo.base}/pki/ocsp", data=b"\x30\x03abc", timeout=30)
    assert (broken.status_code, broken.content) == (200, bytes.fromhex("30030a0101"))
    by_address = requests.get(f"{demo.base}/pki/ocsp/@@@", timeout=30)
    assert by_address.content == bytes.fromhex("30030a0101")
    assert requests.post(f"{demo.base}/pki/ocsp", data=b"0" * 70_000, timeout=30).status_code == 413
    assert requests.post(f"{demo.base}/pki/tsa", data=b"0" * 70_000, timeout=30).status_code == 413
    assert requests.get(f"{demo.base}/pki/crl/4-9.crl", timeout=30).status_code == 404


def asked(demo, published, *arguments: str) -> str:
    issuing = published / "issuing.cer.pem"
    good, text = openssl("ocsp", "-issuer", str(issuing), *arguments, "-url", f"{demo.base}/pki/ocsp",
                         "-CAfile", str(published / "root.cer.pem"), "-verify_other", str(issuing))
    assert good, text
    return text


def test_openssl_asks_for_the_status_with_and_without_nonce(demo, published, tmp_path):
    stamp(demo, tmp_path, "-sha256", "-cert")
    token, all_of_it = tmp_path / "token", tmp_path / "all.pem"
    assert openssl("ts", "-reply", "-in", str(tmp_path / "reply"), "-token_out", "-out", str(token))[0]
    good, text = openssl("pkcs7", "-inform", "DER", "-in", str(token), "-print_certs", "-out", str(all_of_it))
    assert good, text
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", all_of_it.read_text(), re.S)
    leaf = next(b for b in blocks if "CA:TRUE" not in openssl("x509", "-noout", "-text", data=b.encode())[1])
    one = tmp_path / "one.pem"
    one.write_text(leaf)
    for more in ([], ["-no_nonce"]):
        text = asked(demo, published, "-cert", str(one), *more)
        assert "Response verify OK" in text and "good" in text, text
    assert "unknown" in asked(demo, published, "-serial", "0x4abcdef012345678")
    # By address, as caches like it; the answer may be kept for a short time only.
    request, answer = tmp_path / "request", tmp_path / "answer"
    openssl("ocsp", "-issuer", str(published / "issuing.cer.pem"), "-cert", str(one), "-no_nonce", "-reqout", str(request))
    path = requests.utils.quote(base64.b64encode(request.read_bytes()).decode(), safe="")
    got = requests.get(f"{demo.base}/pki/ocsp/{path}", timeout=30)
    assert got.headers["Content-Type"] == "application/ocsp-response" and "max-age=60" in got.headers["Cache-Control"]
    answer.write_bytes(got.content)
    good, text = openssl("ocsp", "-respin", str(answer), "-issuer", str(published / "issuing.cer.pem"), "-cert", str(one),
                         "-CAfile", str(published / "root.cer.pem"))
    assert good and "good" in text, text


def test_pkilint_finds_nothing_that_is_not_explained(demo, published, tmp_path):
    stamp(demo, tmp_path, "-sha256", "-cert")
    answer = tmp_path / "answer.der"
    asked(demo, published, "-serial", "0x4abcdef012345678", "-respout", str(answer))
    orders = [
        ("lint_pkix_cert", "lint", str(published / "root.cer")),
        ("lint_pkix_cert", "lint", str(published / "issuing.cer")),
        ("lint_crl", "lint", "--profile", "PKIX", "--type", "CRL", str(published / "issuing.crl")),
        ("lint_crl", "lint", "--profile", "PKIX", "--type", "CRL", str(published / "root.crl")),
        ("lint_crl", "lint", "--profile", "PKIX", "--type", "CRL", str(published / "delta.crl")),
        ("lint_ocsp_response", "lint", str(answer)),
    ]
    for tool, *arguments in orders:
        done = subprocess.run([str(BIN / tool), *arguments], capture_output=True, text=True, timeout=120, env={**os.environ})
        text = done.stdout + done.stderr
        assert "Traceback" not in text and "FATAL" not in text and "ERROR" not in text, (tool, arguments[-1], text)
        warned = re.findall(r"WARNING[^\n]*", text)
        assert [w for w in warned if not any(known in w for known in EXPLAINED["WARNING"])] == [], (arguments[-1], text)


def test_a_request_goes_through_two_hands_and_a_reported_loss_counts_at_once(demo, staff, published, equipped, tmp_path):
    holder, person, request = equipped
    page = staff("admin@").open(request)
    assert page is not None and "Chờ duyệt" in staff("admin@").words()
    coverage = staff("auditor@").open("/certificates")
    assert coverage.select_one("main svg[role=img]") and coverage.select("main table")
