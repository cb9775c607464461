"""RFC 6960 and RFC 3161 at their edges, with requests that no polite client sends: made with asn1crypto, judged by it."""

import hashlib
import os

import pytest
import requests
from asn1crypto import algos, cms, core, ocsp, tsp, x509

GRANTED, REJECTED = "granted", "rejection"


@pytest.fixture(scope="module")
def issuing(demo) -> x509.Certificate:
    return x509.Certificate.load(requests.get(f"{demo.base}/pki/issuing.cer", timeout=30).content)


def certificate_id(issuing, serial: int, digest: str = "sha1", key: bytes | None = None) -> ocsp.CertId:
    of = lambda data: hashlib.new(digest, data).digest()
    return ocsp.CertId({
        "hash_algorithm": algos.DigestAlgorithm({"algorithm": digest}),
        "issuer_name_hash": of(issuing.subject.dump()),
        "issuer_key_hash": key or of(bytes(issuing.public_key["public_key"])),
        "serial_number": serial,
    })


def question(ids, extensions=(), single=()) -> bytes:
    one = lambda id_: ocsp.Request({"req_cert": id_, **({"single_request_extensions": list(single)} if single else {})})
    tbs = {"request_list": [one(id_) for id_ in ids]}
    if extensions:
        tbs["request_extensions"] = list(extensions)
    return ocsp.OCSPRequest({"tbs_request": ocsp.TBSRequest(tbs)}).dump()


def unknown(critical: bool) -> dict:
    return {"extn_id": "1.2.3.4.5.6.7", "critical": critical, "extn_value": core.ParsableOctetString(b"\x05\x00")}


def nonce(value: bytes) -> dict:
    return {"extn_id": "nonce", "critical": False, "extn_value": core.ParsableOctetString(core.OctetString(value).dump())}


def ask(demo, der: bytes) -> ocsp.OCSPResponse:
    answer = requests.post(f"{demo.base}/pki/ocsp", data=der, timeout=30, headers={"Content-Type": "application/ocsp-request"})
    assert answer.status_code == 200
    return ocsp.OCSPResponse.load(answer.content)


def told(answer: ocsp.OCSPResponse) -> list[str]:
    assert answer["response_status"].native == "successful", answer["response_status"].native
    return [one["cert_status"].name for one in answer.response_data["responses"]]


def test_a_number_that_was_never_given_is_unknown_and_so_are_those_that_the_root_gave(demo, issuing):
    root = x509.Certificate.load(requests.get(f"{demo.base}/pki/root.cer", timeout=30).content)
    numbers = [0x4ABCDEF012345678, 1, issuing.serial_number, root.serial_number]
    assert told(ask(demo, question([certificate_id(issuing, n) for n in numbers]))) == ["unknown"] * 4
    assert told(ask(demo, question([certificate_id(issuing, numbers[0], "sha256")]))) == ["unknown"]


def test_another_issuers_key_and_a_digest_that_is_not_served_are_refused(demo, issuing):
    other = certificate_id(issuing, 1, key=bytes(20))
    assert ask(demo, question([other]))["response_status"].native == "unauthorized"
    good = certificate_id(issuing, 1)
    # One of two under another issuer: nothing is told at all.
    assert ask(demo, question([good, other]))["response_status"].native == "unauthorized"
    assert ask(demo, question([certificate_id(issuing, 1, "md5")]))["response_status"].native == "unauthorized"


@pytest.mark.parametrize("length, comes_back", [(1, True), (16, True), (32, True), (128, True), (129, False), (0, False), (4000, False)])
def test_a_nonce_comes_back_as_it_was_and_one_of_a_wrong_length_is_malformed(demo, issuing, length, comes_back):
    value = os.urandom(length)
    answer = ask(demo, question([certificate_id(issuing, 1)], [nonce(value)]))
    if comes_back:
        assert told(answer) == ["unknown"] and answer.nonce_value.native == value
    else:
        assert answer["response_status"].native == "malformed_request"


def test_an_answer_with_a_nonce_is_made_for_that_question_alone(demo, issuing):
    der = question([certificate_id(issuing, 1)], [nonce(b"n" * 16)])
    first, second = (requests.post(f"{demo.base}/pki/ocsp", data=der, timeout=30) for _ in range(2))
    assert first.headers["Cache-Control"] == "no-store"
    signature = lambda answer: ocsp.OCSPResponse.load(answer.content).basic_ocsp_response["signature"].native
    assert signature(first) != signature(second)


def test_an_unknown_extension_is_passed_over_and_an_unknown_critical_one_refused(demo, issuing):
    ids = [certificate_id(issuing, 1)]
    assert told(ask(demo, question(ids, [unknown(False)]))) == ["unknown"]
    assert told(ask(demo, question(ids, single=[unknown(False)]))) == ["unknown"]
    for der in (question(ids, [unknown(True)]), question(ids, single=[unknown(True)])):
        assert ask(demo, der)["response_status"].native in ("unauthorized", "malformed_request")


def test_a_long_list_of_questions_is_answered_up_to_a_bound(demo, issuing):
    ids = [certificate_id(issuing, n) for n in range(1, 400)]
    assert len(told(ask(demo, question(ids[:50])))) == 50
    assert ask(demo, question(ids))["response_status"].native == "unauthorized"
    assert ask(demo, question([]))["response_status"].native == "malformed_request"
    assert ask(demo, b"\x30\x82\xf0\x00" + bytes(60_000))["response_status"].native == "malformed_request"
    assert requests.post(f"{demo.base}/pki/ocsp", data=bytes(65_537), timeout=30).status_code == 413


def wanted(digest="sha256", imprint: bytes | None = None, **more) -> tsp.TimeStampReq:
    imprint = hashlib.sha256(b"van ban").digest() if imprint is None else imprint
    algorithm = algos.DigestAlgorithm({"algorithm": digest})
    return tsp.TimeStampReq({"version": "v1", "message_imprint": {"hash_algorithm": algorithm, "hashed_message": imprint}, **more})


class Answer(core.Sequence):
    """TimeStampResp as RFC 3161 has it: the token is optional, which asn1crypto's own class does not know."""

    _fields = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]


def unheard(critical: bool) -> dict:
    return unknown(critical) | {"extn_value": core.OctetString(b"\x05\x00")}


def stamp(demo, der: bytes) -> Answer:
    answer = requests.post(f"{demo.base}/pki/tsa", data=der, timeout=30, headers={"Content-Type": "application/timestamp-query"})
    assert answer.status_code == 200
    return Answer.load(answer.content)


def refused(answer: Answer) -> set:
    assert answer["status"]["status"].native == REJECTED, answer["status"].native
    assert answer["time_stamp_token"].native is None
    return answer["status"]["fail_info"].native


@pytest.mark.parametrize("der, why", [
    (wanted(imprint=bytes(20)).dump(), {"bad_request", "bad_data_format"}),
    (wanted(imprint=bytes(64)).dump(), {"bad_request", "bad_data_format"}),
    (wanted("sha1", bytes(20)).dump(), {"bad_alg"}),
    (wanted("md5", bytes(16)).dump(), {"bad_alg"}),
    (wanted(req_policy="1.2.3.4.5").dump(), {"unaccepted_policy"}),
    (wanted(extensions=[unheard(True)]).dump(), {"unaccepted_extensions"}),
    # RFC 3161, 2.4.1: also one that is not critical.
    (wanted(extensions=[unheard(False)]).dump(), {"unaccepted_extensions"}),
    (wanted().dump() + b"\x00", {"bad_request", "bad_data_format"}),
    (b"", {"bad_request", "bad_data_format"}),
    (b"\x30\x03abc", {"bad_request", "bad_data_format"}),
    (b"\x30\x82\xea\x60" + bytes(60_000), {"bad_request", "bad_data_format"}),
], ids=["short imprint", "long imprint", "sha1", "md5", "policy", "critical extension", "extension", "more behind", "nothing", "rubbish", "big"])
def test_a_request_for_a_stamp_that_is_not_served_is_rejected_for_its_reason(demo, der, why):
    assert refused(stamp(demo, der)) & why


def test_a_stamp_has_what_was_asked_for_and_nothing_else(demo):
    big = int.from_bytes(b"\x7f" + os.urandom(31), "big")
    answer = stamp(demo, wanted(nonce=big, cert_req=False).dump())
    assert answer["status"]["status"].native == GRANTED
    signed: cms.SignedData = answer["time_stamp_token"]["content"]
    info = signed["encap_content_info"]["content"].parsed
    assert info["nonce"].native == big and info["message_imprint"]["hashed_message"].native == hashlib.sha256(b"van ban").digest()
    assert len(signed["certificates"]) == 0
    other = stamp(demo, wanted(cert_req=True).dump())
    signed = other["time_stamp_token"]["content"]
    assert len(signed["certificates"]) >= 1 and signed["encap_content_info"]["content"].parsed["nonce"].native is None
    assert signed["encap_content_info"]["content"].parsed["serial_number"].native != info["serial_number"].native
    version = bytearray(wanted().dump())
    assert version[2:5] == b"\x02\x01\x01"
    version[4] = 7
    assert refused(stamp(demo, bytes(version)))
    assert requests.post(f"{demo.base}/pki/tsa", data=bytes(65_537), timeout=30).status_code == 413
