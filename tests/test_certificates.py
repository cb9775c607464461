"""The certificate desk and what the authority publishes, judged by openssl and pkilint as strangers would meet them."""

import base64
import os
import pathlib
import re
import subprocess
import sys
import time

import pytest
import requests

BIN = pathlib.Path(sys.executable).parent
# What linters may warn of, each with its reason. Anything else fails. There is nothing to explain now.
EXPLAINED: tuple[str, ...] = ()


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


def pair(demo) -> tuple[str, str]:
    """A body whose head and one expert act in the demo."""
    held = {h for account in demo.accounts().values() for h in account["holds"]}
    body = next(h.split("@")[1] for h in sorted(held) if h.startswith("head@") and f"expert@{h.split('@')[1]}" in held)
    return f"head@{body}", f"expert@{body}"


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
        assert [w for w in warned if not any(known in w for known in EXPLAINED)] == [], (arguments[-1], text)


def test_a_certificate_goes_through_all_hands_and_a_reported_loss_counts_at_once(demo, staff, published, tmp_path):
    heads, experts = pair(demo)
    head, holder, admin = staff(heads), staff(experts), staff("admin@")
    own = holder.open("/account").select_one("main dl a[href^='/people/']")["href"]
    person, body = own.rsplit("/", 1)[1], heads.split("@")[1]
    # The holder reports the loss of the old certificates, alone and at once.
    for link in [a["href"] for a in holder.open(own).select("main table a[href^='/certificates/']")]:
        if holder.open(link).select_one("form[action$='/revoke']"):
            holder.send("form[action$='/revoke']", reason="key_compromise")
            assert "Đã thu hồi" in holder.words()
    # Others may not even look at the desk.
    assert holder.request("GET", "/certificates").status_code == 403
    head.open("/certificates/requests/new")
    head.send("main form", body=body, letter="Công văn số 12/CV", list=f"{person}\nkhong-co-ai\n{person}\n")
    assert head.answer.status_code in (400, 422), head.words()[:400]
    assert "Danh bạ không có người này: khong-co-ai" in head.words() and "Trùng với dòng 1" in head.words()
    head.send("main form", list=person)
    assert head.answer.ok and "Chờ duyệt" in head.words(), head.words()[:600]
    assert head.page().select_one("form[action$='/approve']") is None
    request = head.answer.url.split("?")[0].removeprefix(demo.base)
    admin.open(request)
    admin.send("form[action$='/approve']")
    admin.send("form[action$='/identity']", how="Thẻ căn cước", everybody="yes")
    assert admin.answer.ok, admin.words()[:400]
    deadline = time.monotonic() + 30
    while not (link := admin.open(request).select_one("main table a[href^='/certificates/']")):
        assert time.monotonic() < deadline, admin.words()
        time.sleep(0.2)
    serial = link["href"].rsplit("/", 1)[1]
    admin.open(f"/certificates/{serial}")
    admin.send("form[action$='/deliver']", how="Trao tay")
    assert admin.page().select_one("form[action$='/activate']") is None
    holder.open(f"/certificates/{serial}")
    holder.send("form[action$='/activate']")
    assert "Còn hiệu lực" in holder.words(), holder.words()[:400]
    chain = tmp_path / "chain.pem"
    chain.write_bytes(holder.request("GET", f"/certificates/{serial}/chain.pem").content)
    assert "good" in asked(demo, published, "-cert", str(chain))
    # The same list again: there is nobody to do anything for.
    head.open("/certificates/requests/new")
    head.send("main form", body=body, letter="Công văn số 12/CV", list=person)
    assert "Không có ai cần thực hiện" in head.words()
    holder.open(f"/certificates/{serial}")
    holder.send("form[action$='/revoke']", reason="key_compromise")
    text = asked(demo, published, "-cert", str(chain))
    assert "revoked" in text and "keyCompromise" in text, text
    # The list that is published now names it, and openssl refuses the certificate by it.
    lists = tmp_path / "lists.pem"
    fresh = requests.get(f"{demo.base}/pki/issuing.crl", timeout=30).content
    lists.write_text(pem(fresh, "X509 CRL") + (published / "root.crl.pem").read_text())
    root, issuing = published / "root.cer.pem", published / "issuing.cer.pem"
    good, text = openssl("verify", "-crl_check_all", "-CAfile", str(root), "-untrusted", str(issuing), "-CRLfile", str(lists), str(chain))
    assert not good and "certificate revoked" in text, text


def test_a_body_is_equipped_from_the_directory_and_the_page_shows_who_is_waited_for(demo, staff):
    admin = staff("admin@")
    page = admin.open("/certificates")
    assert page.select_one("main svg[role=img]") and len(page.select("main table")) >= 2
    rows = staff("auditor@").request("GET", "/certificates?format=csv").content.decode("utf-8-sig").splitlines()
    assert len(rows) > 400 and any("Chưa từng có" in row for row in rows)


def test_a_root_of_others_waits_for_a_second_person(demo, staff, tmp_path):
    admin, key, root = staff("admin@"), tmp_path / "key", tmp_path / "root.pem"
    made, text = openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(key),
                         "-out", str(root), "-days", "900", "-subj", "/C=VN/CN=CA thu nghiem")
    assert made, text
    fingerprint = openssl("x509", "-in", str(root), "-noout", "-fingerprint", "-sha256")[1].split("=")[1].strip()
    wrong = {"file": ("root.pem", root.read_bytes())}
    values = {"name": "CA thử nghiệm", "purpose": "Chữ ký văn bản", "basis": "Công văn số 1"}
    admin.open("/trust")
    admin.send("main form[action='/trust']", files=wrong, **values, fingerprint="00" * 32, code=admin.code())
    assert "Dấu vân không khớp" in admin.words(), admin.words()[:500]
    admin.send("main form[action='/trust']", files=wrong, **values, fingerprint=fingerprint, code=admin.code())
    assert "Chờ người thứ hai" in admin.words(), admin.words()[:500]
    # The one who proposed it is not offered to confirm it.
    assert admin.open("/trust").select_one("form[action$='/confirm']") is None
