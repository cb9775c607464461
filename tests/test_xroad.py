"""X-Road as a way between two houses, through a stand-in for the security servers that was written from the protocol."""

import http.client
import json
import pathlib
import re
import ssl
import subprocess

import pytest
import requests

import houses
from conftest import ROOT, free_port
from houses import CLERK, NAME_A, NAME_B, A, B, arrivals, quarantine, until
from security_server import SecurityServer
from test_axis import package

CLIENT_A, CLIENT_B = "VN-TEST/GOV/C01/Diên Hồng", "VN-TEST/GOV/H41/VANBAN"
SERVICES = {A: f"{CLIENT_A}/packages", B: f"{CLIENT_B}/packages"}


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def certificates(folder: pathlib.Path) -> ssl.SSLContext:
    """A private authority, a server's certificate and a client's; gives the server's side of TLS, which wants the latter."""
    root, key = folder / "root.pem", folder / "root.key"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(key), "-out", str(root),
            "-days", "30", "-subj", "/CN=Goc thu nghiem")
    for name, more in (("server", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth"), ("client", "extendedKeyUsage=clientAuth")):
        (folder / "more").write_text(more)
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(folder / f"{name}.key"),
                "-out", str(folder / f"{name}.csr"), "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", str(folder / f"{name}.csr"), "-CA", str(root), "-CAkey", str(key), "-days", "30",
                "-extfile", str(folder / "more"), "-out", str(folder / f"{name}.pem"))
        (folder / f"{name}.key").chmod(0o600)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.load_verify_locations(root)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.fixture(scope="module")
def road(tmp_path_factory, request):
    """Two houses, one on each engine, and the road between them, over https with client certificates."""
    folder = tmp_path_factory.mktemp("road")
    context = certificates(folder)
    ports = {A: free_port(), B: free_port()}
    services = {SERVICES[of]: f"http://127.0.0.1:{port}/xroad" for of, port in ports.items()}
    server = SecurityServer(services, {CLIENT_A, CLIENT_B}, context)
    members = folder / "members.csv"
    members.write_text(f"# các bên\n{A};{NAME_A};{SERVICES[A]}\n{B};{NAME_B};{SERVICES[B]}\nG99.1;Bộ không có;VN-TEST/GOV/G99/X/packages\n")
    both = {}
    for engine, of, name, client in (("sqlite", A, NAME_A, CLIENT_A), ("postgres", B, NAME_B, CLIENT_B)):
        program = houses.house(engine, tmp_path_factory, request, of, name)
        program.env |= {
            "DIENHONG_AXIS_XROAD_SERVER": server.base, "DIENHONG_AXIS_XROAD_CLIENT": client, "DIENHONG_AXIS_XROAD_MEMBERS": str(members),
            "DIENHONG_AXIS_XROAD_CERTIFICATE": str(folder / "client.pem"), "DIENHONG_AXIS_XROAD_KEY": str(folder / "client.key"),
            "DIENHONG_AXIS_XROAD_LISTEN": f"127.0.0.1:{ports[of]}", "DIENHONG_AXIS_XROAD_CALLERS": "127.0.0.1",
            "DIENHONG_NETWORK_ROOTS": str(folder / "root.pem"),
        }
        both[of] = program.start()
    server.a, server.b, server.ports = both[A], both[B], ports
    yield server
    for program in both.values():
        program.stop()
    server.close()


def test_a_document_goes_over_the_road_once_and_its_statuses_come_back(road):
    clerk_a, clerk_b = road.a.staff(CLERK), road.b.staff(CLERK)
    # The road breaks behind the service: the sender cannot know, and sends again.
    road.faults[SERVICES[B]] = ["network", "network"]
    page = houses.dispatch(clerk_a, houses.document(road.a), B, "so thu nghiem b")
    until(lambda: "Đã đến" in clerk_a.open(page).get_text())
    sent = until(lambda: len(got := [call for call in road.calls if call["service"] == SERVICES[B]]) >= 3 and got)
    assert len(sent) == 3 and len({call["id"] for call in sent}) == 1, "the same message under the same id"
    assert len({call["body"] for call in sent}) == 1 and {call["path"] for call in sent} == {"/packages"}
    assert sent[0]["client"] == CLIENT_A and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", sent[0]["id"])
    assert "x-road-request-hash" not in sent[0]["headers"] and sent[0]["headers"]["content-type"] == "application/xml"
    identity = re.search(rb"DocumentId>([^<]*)<", sent[0]["body"]).group(1).decode()
    number = identity.rsplit(",", 1)[1]
    came = arrivals(clerk_b, number)
    assert len(came) == 1, "it came once"
    clerk_b.open(came[0])
    assert NAME_A in clerk_b.words(), clerk_b.words()[:600]
    clerk_b.send("form[action$='/register']")
    until(lambda: "Đã tiếp nhận" in clerk_a.open(page).get_text())
    until(lambda: "X-Road" in clerk_a.open(page).get_text())
    houses.secrets_stay(clerk_a, page)
    assert not [call for call in road.calls if "TỐI MẬT".encode() in call["body"]]
    assert "xroad" in road.a.run("axis", "status", check=False).stdout


def test_a_refusal_of_the_road_stops_the_package_and_the_clerks_are_told(road):
    clerk = road.a.staff(CLERK)
    page = houses.dispatch(clerk, houses.document(road.a), "G99.1", "bo khong co")
    until(lambda: "UnknownService" in clerk.open(page).get_text())
    until(lambda: clerk.open("/notices").select_one(f"a[href='{page}']"))
    assert "Gói tin không gửi được" in clerk.words(), clerk.words()[:600]


def call(road, body: bytes, headers: dict, source: str = "127.0.0.1") -> tuple[int, dict]:
    """As a security server calls the service of house B; or another machine, which lies."""
    connection = http.client.HTTPConnection("127.0.0.1", road.ports[B], timeout=60, source_address=(source, 0))
    connection.request("POST", "/xroad/packages", body, {"Content-Type": "application/xml", **headers})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_the_service_answers_security_servers_alone_and_believes_nobody_for_another(road):
    client = "/".join(requests.utils.quote(part, safe="") for part in CLIENT_A.split("/"))
    headers = {"X-Road-Client": client, "X-Road-Id": "thu-1"}
    good = package(A, [B], number="8801")
    status, told = call(road, good, headers, "127.0.0.9")
    assert (status, told["type"]) == (403, "Client.NotASecurityServer")
    for changed in ({"X-Road-Client": "VN-TEST/GOV/X/Y"}, {"X-Road-Client": "%ff"}):
        status, told = call(road, good, headers | changed)
        assert (status, told["type"]) == (403, "Client.NotAMember"), told
    assert call(road, good, {"X-Road-Client": client})[0] == 400
    status, first = call(road, good, headers)
    assert status == 200, first
    assert call(road, good, headers) == (200, first), "the same message again is taken once"
    assert len(arrivals(road.b.staff(CLERK), "8801")) == 1
    for number, body in (("thu-2", package(B, [B], number="8802")), ("thu-3", b"no package"), ("thu-4", good[:-200])):
        status, told = call(road, body, headers | {"X-Road-Id": number})
        assert (status, told["type"], told["detail"]) == (422, "Client.PackageRefused", number), told
        assert call(road, body, headers | {"X-Road-Id": number})[0] == 422, "and again so"
    held = quarantine(road.b.staff(CLERK))
    assert f"gói tin ghi bên gửi {B}" in held, held[:1500]
    assert arrivals(road.b.staff(CLERK), "8802") == []


def test_the_description_that_a_security_server_reads_is_the_committed_one(road):
    served = requests.get(f"http://127.0.0.1:{road.ports[B]}/xroad/openapi.json", timeout=30).json()
    assert served == json.loads((ROOT / "docs" / "api" / "xroad.json").read_text())
    assert served["paths"]["/xroad/packages"]["post"]["responses"]["200"]


def test_doctor_and_verify_are_content(road):
    for program in (road.a, road.b):
        assert re.search(r"ok   document axis \(xroad\): https://127.0.0.1:\d+ \(.*\) names 3 bodies", program.run("doctor", check=False).stdout)
        program.run("verify", "--quiet")
