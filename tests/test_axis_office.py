"""The office as a system of an axis, spoken to through the hub by a client of our own hand that knows nothing but the
protocol (the one of test_axis): what it sends is taken and answered, the watched folder is read, the commands say so."""

import contextlib
import os
import re
import socket
import ssl
import threading

import pytest

from conftest import free_port, fresh_program
from test_axis import Client, package
from test_xroad import certificates

OFFICE = "000.00.00.C01"


@pytest.fixture(scope="module")
def axis(engine, tmp_path_factory, request):
    """A program with a hub, that is a system of its own hub beside another."""
    folder = tmp_path_factory.mktemp(f"office-{engine}")
    program = fresh_program(engine, folder, request)
    port = free_port()
    program.env |= {"DIENHONG_HUB_LISTEN": f"127.0.0.1:{port}", "DIENHONG_HUB_ORGAN": "G01"}
    admit = lambda system: program.run("axis", "admit", system, "--name", system).stdout.strip()  # noqa: E731
    ours, theirs = admit("SYS.OFFICE"), admit("SYS.B")
    secret = folder / "axis.secret"
    secret.touch(mode=0o600)
    secret.write_text(ours)
    program.start()
    base = f"http://127.0.0.1:{port}"
    Client(base, "SYS.OFFICE", ours).register(OFFICE, "Văn phòng Quốc hội")
    program.client = Client(base, "SYS.B", theirs)
    program.client.register("G12.18", "Bộ Thử nghiệm")
    program.secret, program.folder_way = secret, folder / "exchange"
    # The serving program has no axis itself, so that only the commands send and receive.
    program.axis = {
        "DIENHONG_AXIS_ADDRESS": base, "DIENHONG_AXIS_SYSTEM": "SYS.OFFICE", "DIENHONG_AXIS_SECRET_FILE": str(secret),
        "DIENHONG_AXIS_ORGAN": OFFICE, "DIENHONG_AXIS_FOLDER": str(folder / "exchange"), "DIENHONG_AXIS_PATIENCE_SECONDS": "10",
    }
    program.env |= program.axis
    yield program
    program.stop()


def test_what_another_client_sends_is_taken_once_and_answered(axis):
    sent = axis.client.send(package("G12.18", [OFFICE], number="41"), "G12.18").json()["data"]
    told = axis.run("axis", "receive").stdout
    assert "1 packages taken" in told and "bodies changed" in told, told
    assert "0 packages taken" in axis.run("axis", "receive").stdout
    delivered = axis.client.data("getSentEdocList", servicetype="eDoc", messagetype="edoc", docId=sent)
    assert [line["receiveStatus"] for line in delivered] == ["done"]
    by_identity = axis.client.data("getSentEdocList", servicetype="eDoc", messagetype="edoc", docId="G12.18,2026/11/20,41/NQ")
    assert [line["receiverDocId"] for line in by_identity] == [sent]

    assert "1 packages sent" in axis.run("axis", "send").stdout
    waiting = axis.client.data("getReceivedEdocList", servicetype="eDoc", messagetype="status")
    assert [(line["from"], line["to"]) for line in waiting] == [(OFFICE, "G12.18")]
    raw = axis.client.call("downloadEdoc", parameters={"docId": waiting[0]["docId"], "filePath": "x"}, method="GET").content.decode()
    assert re.search(r"StatusCode>01<", raw) and "G12.18,2026/11/20,41/NQ" in raw
    assert "0 packages sent" in axis.run("axis", "send").stdout, "nothing is sent twice"
    status = axis.run("axis", "status").stdout
    assert "axis: http://127.0.0.1" in status and "1 new" in status and "0 wait · 0 stopped" in status, status


def test_a_broken_package_in_the_folder_is_kept_in_quarantine_and_the_commands_say_so(axis):
    inbox = axis.folder_way / "in"
    assert axis.run("axis", "status").returncode == 0
    (inbox / "hong.edxml").write_bytes(b"\x00 this is no package")
    assert "1 packages taken" in axis.run("axis", "receive").stdout
    assert not list(inbox.iterdir()) and len(list((axis.folder_way / "bad").iterdir())) == 1
    status = axis.run("axis", "status", check=False)
    assert status.returncode == 1 and "1 quarantine" in status.stdout, status.stdout


def through(context: ssl.SSLContext, port: int) -> socket.socket:
    """Plain bytes to a port of this machine behind TLS, as a proxy in front of the axis does it."""
    listening = socket.create_server(("127.0.0.1", 0))

    def pipe(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := one.recv(65536):
                other.sendall(piece)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                secure = context.wrap_socket(plain, server_side=True)
                beyond = socket.create_connection(("127.0.0.1", port))
                for pair in ((secure, beyond), (beyond, secure)):
                    threading.Thread(target=pipe, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return listening


def test_the_axis_is_reached_over_https_under_a_root_of_the_offices_own_and_under_no_other(axis, tmp_path):
    context = certificates(tmp_path)
    context.verify_mode = ssl.CERT_NONE
    plain = dict(axis.env)
    listening = through(context, int(plain["DIENHONG_AXIS_ADDRESS"].rsplit(":", 1)[1]))
    try:
        axis.env["DIENHONG_AXIS_ADDRESS"] = f"https://127.0.0.1:{listening.getsockname()[1]}"
        told = axis.run("doctor", check=False).stdout
        assert re.search(r"BAD  document axis \(axis\).*(certificate|UnknownIssuer)", told), told
        axis.env["DIENHONG_NETWORK_ROOTS"] = str(tmp_path / "root.pem")
        told = axis.run("doctor", check=False).stdout
        assert re.search(r"ok   document axis \(axis\): https://127.0.0.1:\d+ names 2 bodies", told), told
        assert axis.client.send(package("G12.18", [OFFICE], number="43"), "G12.18").json()["status"] == "OK"
        assert "1 packages taken" in axis.run("axis", "receive").stdout
        assert "1 packages sent" in axis.run("axis", "send").stdout
    finally:
        axis.env = plain
        listening.close()


def test_doctor_says_what_is_wrong_with_the_axis(axis):
    told = axis.run("doctor", check=False).stdout
    assert re.search(r"ok   document axis \(axis\): http://127.0.0.1:\d+ names 2 bodies", told), told
    assert "ok   document axis (folder)" in told
    axis.secret.write_text("wrong")
    assert re.search(r"BAD  document axis \(axis\).*HMAC", axis.run("doctor", check=False).stdout)
    os.chmod(axis.secret, 0o644)
    assert "chmod 600" in axis.run("doctor", check=False).stdout
    os.chmod(axis.secret, 0o600)


def test_the_journal_verifies(axis):
    assert axis.run("verify").returncode == 0
