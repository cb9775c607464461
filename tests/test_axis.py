"""The hub of the document axis, spoken to by a small client of our own hand that knows nothing but the protocol: names,
envelope, signing. The client is written from the protocol's description, not from the program."""

import base64
import concurrent.futures
import datetime
import hashlib
import hmac
import io
import json
import pathlib
import re
import zipfile

import pytest
import requests

from conftest import ROOT, free_port, fresh_program

PREFIX = "XroadVnpt-"
SPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"


class Client:
    """A system of the axis."""

    def __init__(self, base: str, system: str, secret: str):
        self.base, self.system, self.secret = base, system, secret

    def headers(self, parameters: dict, content_type: str = "application/json", at: datetime.datetime | None = None) -> dict:
        at = at or datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7)))
        stamp = at.strftime("%d%m%YT%H%M%S+") + f"{at.microsecond // 1000:04}"
        named = {"systemid": self.system, **parameters, "timestamp": stamp, "Content-Type": content_type}
        signed = json.dumps({PREFIX + name: value for name, value in named.items()}, ensure_ascii=False, separators=(",", ":"))
        mac = hmac.new(self.secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
        headers = {PREFIX + name: value for name, value in named.items()}
        headers |= {PREFIX + "sign-header-key": ";".join(named), PREFIX + "sign-header": signed, PREFIX + "hash-header": mac}
        return headers | {PREFIX + "version": "3.0.201608", "Content-Type": content_type}

    def call(self, path: str, body: bytes = b"", parameters: dict | None = None, method: str = "POST", headers: dict | None = None, **more):
        headers = headers or self.headers(parameters or {}, **more)
        raw = {name: value.encode() for name, value in headers.items()}
        return requests.request(method, f"{self.base}/{path}", data=body, headers=raw, timeout=60)

    def data(self, path: str, body: bytes = b"", **parameters):
        """The data of a success."""
        reply = self.call(path, body, {name.replace("_", "-"): value for name, value in parameters.items()}).json()
        assert (reply["status"], reply["ErrorCode"]) == ("OK", "0"), reply
        return reply["data"]

    def register(self, code: str, name: str) -> None:
        form = {"id": "", "pcode": "", "code": code, "name": name, "mail": "a@example.vn", "mobile": "1", "fax": "2"}
        self.data("registerAgency", json.dumps(form, ensure_ascii=False).encode())

    def send(self, package: bytes, sender: str, message: str = "edoc", padded: bool = False):
        digest = hashlib.sha256(package).digest()
        hashed = digest.hex() if padded else "".join(f"{byte:x}" for byte in digest)
        parameters = {"from": sender, "servicetype": "eDoc", "messagetype": message, "hash-file": hashed}
        return self.call("sendEdoc", package + b"\r\n", parameters, content_type="application/octet-stream")


def package(sender: str, receivers: list[str], number: str = "7", content: bytes = b"%PDF-1.7 x", name: str = "van-ban.pdf") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    to = "".join(f"<e:To><e:OrganId>{r}</e:OrganId><e:OrganName>Cơ quan {r}</e:OrganName></e:To>" for r in receivers)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<edXML xmlns="{SPACE}"><e:edXMLEnvelope xmlns:e="{SPACE}"><e:edXMLHeader><e:MessageHeader>
<e:From><e:OrganId>{sender}</e:OrganId><e:OrganName>Cơ quan gửi</e:OrganName></e:From>{to}
<e:DocumentId>{sender},2026/11/20,{number}/NQ</e:DocumentId><e:Code><e:CodeNumber>{number}</e:CodeNumber><e:CodeNotation>NQ</e:CodeNotation></e:Code>
<e:Subject>Về việc thử nghiệm &amp; trao đổi</e:Subject></e:MessageHeader>
<e:TraceHeaderList><e:TraceHeader><e:OrganId>{sender}</e:OrganId><e:Timestamp>2026/11/20 09:00:00</e:Timestamp></e:TraceHeader>
<e:Bussiness><e:BussinessDocType>0</e:BussinessDocType></e:Bussiness></e:TraceHeaderList></e:edXMLHeader>
<e:edXMLBody><e:edXMLManifest version="1.0"><e:Reference><e:ContentId>cid:1</e:ContentId></e:Reference></e:edXMLManifest></e:edXMLBody>
</e:edXMLEnvelope><AttachmentEncoded><Attachment><ContentId>cid:1</ContentId><AttachmentName>{name}</AttachmentName>
<ContentType>application/pdf</ContentType><e:ContentTransferEncoded xmlns:e="{SPACE}">{base64.b64encode(held.getvalue()).decode()}</e:ContentTransferEncoded>
</Attachment></AttachmentEncoded></edXML>""".encode()


def status(sender: str, owner: str, code: str = "03") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<edXML xmlns="{SPACE}"><e:edXMLEnvelope xmlns:e="{SPACE}"><e:edXMLHeader><e:MessageHeader>
<e:From><e:OrganId>{sender}</e:OrganId></e:From><e:ResponseFor><e:OrganId>{owner}</e:OrganId><e:Code>7/NQ</e:Code>
<e:DocumentId>{owner},2026/11/20,7/NQ</e:DocumentId></e:ResponseFor><e:StatusCode>{code}</e:StatusCode>
<e:Description>Đã tiếp nhận</e:Description><e:Timestamp>2026/11/24 09:00:00</e:Timestamp></e:MessageHeader></e:edXMLHeader></e:edXMLEnvelope></edXML>""".encode()


@pytest.fixture(scope="module")
def hub(engine, tmp_path_factory, request):
    """A program with its hub, and two systems that may connect."""
    program = fresh_program(engine, tmp_path_factory.mktemp(f"axis-{engine}"), request)
    port = free_port()
    program.env |= {"DIENHONG_HUB_LISTEN": f"127.0.0.1:{port}", "DIENHONG_HUB_ORGAN": "000.00.00.C01"}
    secrets = {s: program.run("axis", "admit", s, "--name", f"Hệ thống {s}").stdout.strip() for s in ("SYS.A", "SYS.B", "SYS.C")}
    assert all(re.fullmatch("[0-9a-f]{64}", secret) for secret in secrets.values())
    program.start()
    program.clients = [Client(f"http://127.0.0.1:{port}", system, secret) for system, secret in secrets.items()]
    a, b, _ = program.clients
    a.register("000.00.00.C01", "Cơ quan A")
    b.register("000.00.18.H41", "Cơ quan B")
    b.register("G12.18", "Cơ quan C")
    yield program
    program.stop()


def test_a_document_goes_to_two_bodies_and_its_status_comes_back(hub):
    a, b, stranger = hub.clients
    sent = package("000.00.00.C01", ["000.00.18.H41", "G12.18"])
    reply = a.send(sent, "000.00.00.C01").json()
    assert reply["status"] == "OK" and reply["ErrorCode"] == "0", reply
    doc = reply["data"]

    lines = [line for line in b.data("getReceivedEdocList", servicetype="eDoc", messagetype="edoc") if line["docId"] == doc]
    assert sorted(line["to"] for line in lines) == ["000.00.18.H41", "G12.18"]
    assert {(line["status"], line["from"], line["messageType"]) for line in lines} == {("initial", "000.00.00.C01", "edoc")}
    assert set(lines[0]) == {"docId", "serviceType", "messageType", "created_time", "updated_time", "from", "to", "status", "status_desc"}
    assert b.data("countReceiveEdoc", b"{}") >= 2

    fetched = base64.b64decode(b.data("getEdoc", b"{}", docId=doc, filePath="x"))
    raw = b.call("downloadEdoc", parameters={"docId": doc, "filePath": "x"}, method="GET").content
    assert raw == fetched
    station = re.search(rb"<e:TraceHeader>\s*<e:OrganId>000.00.00.C01</e:OrganId>\s*<e:Timestamp>[0-9/]+ [0-9:]+</e:Timestamp>\s*</e:TraceHeader>\s*(?=<e:Bussiness>)", fetched)
    assert station and fetched[: station.start()] + fetched[station.end() :] == sent, "nothing but the station was added"

    for call in ("getEdoc", "updateStatus"):
        refused = stranger.call(call, b"{}", {"docId": doc, "status": "done"}).json()
        assert refused["status"] == "FAIL" and refused["ErrorCode"] == "404"
    b.data("updateStatus", b"{}", docId=doc, status="processing")
    b.data("updateStatus", b"{}", docId=doc, status="done")
    assert all(line["docId"] != doc for line in b.data("getReceivedEdocList", servicetype="eDoc", messagetype="edoc"))
    delivered = a.data("getSentEdocList", servicetype="eDoc", messagetype="edoc", docId=doc)
    assert [(line["toCode"], line["receiveStatus"]) for line in delivered] == [("000.00.18.H41", "done"), ("G12.18", "done")]
    assert delivered[0]["notation"] == "7/NQ" and delivered[0]["title"] == "Về việc thử nghiệm & trao đổi"

    back = b.send(status("000.00.18.H41", "000.00.00.C01"), "000.00.18.H41", "status", padded=True).json()
    assert back["status"] == "OK", back
    assert back["data"] in [line["docId"] for line in a.data("getReceivedEdocList", servicetype="eDoc", messagetype="status")]
    assert a.data("countReceiveStatus", b"{}") >= 1


def test_bodies_are_listed_registered_and_removed(hub):
    a, b, _ = hub.clients
    assert set(a.data("getAgenciesList")[0]) == {"id", "pid", "code", "name", "mail", "oldCode"}
    assert set(a.data("getAgenciesListQD20", level="1")[0]) == {"id", "code", "code102", "name", "mail"}
    units = a.data("getSynchronizeUnit")
    assert set(units[0]) == {"id", "pid", "code", "name", "mail", "centerCode", "version", "deleted", "modifyDate", "isAgency"}
    a.register("H99.1", "Cơ quan tạm")
    taken = b.call("deleteAgency", b"{}", {"AgencyCode": "H99.1"}).json()
    assert taken["ErrorCode"] == "403", "a body of another system is left alone"
    a.data("deleteAgency", b"{}", AgencyCode="H99.1")
    assert "H99.1" not in [agency["code"] for agency in b.data("getAgenciesList")]
    assert [unit["deleted"] for unit in b.data("getSynchronizeUnit") if unit["code"] == "H99.1"] == [True]


def test_changed_headers_wrong_clocks_and_replays_are_refused(hub):
    a = hub.clients[0]
    parameters = {"servicetype": "eDoc", "messagetype": "edoc", "docId": "Văn bản số 1"}
    good = a.headers(parameters)
    for name in good:
        changed = good | {name: "x" + good[name]}
        assert a.call("getSentEdocList", headers=changed).status_code == 401, name
    # A stale header of an earlier call, which was not signed, is left alone.
    assert a.call("getSentEdocList", headers=good | {PREFIX + "filePath": "stale"}).json()["status"] == "OK"
    again = a.call("getSentEdocList", headers=good)
    assert again.status_code == 401 and again.json()["status"] == "FAIL"
    now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7)))
    for minutes in (-10, 10):
        late = a.headers(parameters, at=now + datetime.timedelta(minutes=minutes))
        assert a.call("getSentEdocList", headers=late).status_code == 401
    assert Client(a.base, a.system, "wrong").call("getAgenciesList").status_code == 401
    assert Client(a.base, "SYS.Z", a.secret).call("getAgenciesList").status_code == 401
    assert requests.post(a.base + "/getAgenciesList", timeout=10).status_code == 401


def test_a_package_that_is_not_right_is_refused_in_words(hub):
    a, b, _ = hub.clients
    good = package("000.00.00.C01", ["G12.18"], number="8")

    def refused(reply, part: str) -> None:
        reply = reply.json()
        assert reply["status"] == "FAIL" and reply["ErrorCode"] != "0" and part in reply["ErrorDesc"], reply

    refused(a.send(b"1212" + good, "000.00.00.C01"), "1212")
    refused(a.send(good[:-200], "000.00.00.C01"), "cắt")
    refused(a.send(package("000.00.00.C01", ["G12.99"]), "000.00.00.C01"), "G12.99")
    refused(a.send(package("000.00.00.C01", ["G12.18"], name="../x.pdf"), "000.00.00.C01"), "đường dẫn")
    refused(b.send(good, "000.00.00.C01"), "không thuộc hệ thống")
    refused(a.send(good, "000.00.00.C01", "status"), "messagetype")
    headers = a.headers({"from": "000.00.00.C01", "servicetype": "eDoc", "messagetype": "edoc", "hash-file": "00"}, "application/octet-stream")
    refused(a.call("sendEdoc", good, headers=headers), "hash-file")


def test_many_packages_at_once_arrive_once_each_and_the_journal_verifies(hub):
    a, b, _ = hub.clients
    before = {line["docId"] for line in b.data("getReceivedEdocList", servicetype="eDoc", messagetype="edoc")}
    packages = [package("000.00.00.C01", ["G12.18"], number=str(100 + n), content=b"%PDF-" + bytes([n]) * 50_000) for n in range(40)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda p: a.send(p, "000.00.00.C01").json(), packages))
    docs = {reply["data"] for reply in replies}
    assert len(docs) == 40, replies[:2]
    waiting = [line["docId"] for line in b.data("getReceivedEdocList", servicetype="eDoc", messagetype="edoc")]
    assert docs <= set(waiting) and len(waiting) == len(before) + 40
    # Killed and started again: what was acknowledged is there, and what was signed before is not believed again.
    old = a.headers({}, at=datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7))) - datetime.timedelta(seconds=60))
    hub.kill()
    hub.start()
    assert a.call("getAgenciesList", headers=old).status_code == 401
    assert docs <= {line["docId"] for line in b.data("getReceivedEdocList", servicetype="eDoc", messagetype="edoc")}
    hub.run("verify", "--quiet")


def test_a_day_has_its_quota(hub):
    hub.run("axis", "admit", "SYS.Q", "--name", "Hệ thống nhỏ", "--quota", "1")
    secret = hub.run("axis", "admit", "SYS.Q", "--name", "Hệ thống nhỏ", "--quota", "1").stdout.strip()
    small = Client(hub.clients[0].base, "SYS.Q", secret)
    small.register("H98.1", "Cơ quan nhỏ")
    assert small.send(package("H98.1", ["G12.18"]), "H98.1").json()["status"] == "OK"
    assert small.send(package("H98.1", ["G12.18"]), "H98.1").json()["ErrorCode"] == "429"


def test_a_system_that_has_its_secret_already_is_admitted_with_it(hub, tmp_path):
    file = tmp_path / "secret"
    file.touch(mode=0o600)
    file.write_text("khoa-cua-truc-truoc-day\n")
    admitted = hub.run("axis", "admit", "SYS.OLD", "--name", "Hệ thống cũ", "--secret-file", str(file))
    assert admitted.stdout == "", "a secret that is known is not shown"
    old = Client(hub.clients[0].base, "SYS.OLD", "khoa-cua-truc-truoc-day")
    old.data("getAgenciesList")
    file.write_text("short\n")
    assert hub.run("axis", "admit", "SYS.OLD", "--name", "Hệ thống cũ", "--secret-file", str(file), check=False).returncode != 0
    old.data("getAgenciesList")


def test_the_samples_of_a_real_clients_requests_are_signed_as_this_client_signs(tmp_path):
    log = pathlib.Path(ROOT).parent / "shared" / "edxml-samples" / "vxp-requests.log"
    if not log.exists():
        pytest.skip(f"{log} is not there")
    secret, seen = b"dGVzdC1zZWNyZXQ=", 0
    for request in log.read_text().split("\n=== ")[1:]:
        headers = dict(line.split(": ", 1) for line in request.split("\n\n")[0].splitlines()[1:])
        text = headers[PREFIX + "sign-header"]
        assert hmac.new(secret, text.encode(), hashlib.sha256).hexdigest() == headers[PREFIX + "hash-header"]
        seen += 1
    assert seen >= 7
