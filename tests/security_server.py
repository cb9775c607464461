"""A stand-in for the security servers of X-Road, written from the text of PR-REST 1.0 and nothing else: information systems
call `/r1/{serviceId}/{path}` with `X-Road-Client`; the service's own address is called with the headers that the protocol
names; answers carry the identifiers and the hash of the request; errors of the road carry `X-Road-Error`.

One process plays both servers of a call. With `tls` it speaks https and wants the client's certificate."""

import base64
import hashlib
import http.client
import http.server
import json
import ssl
import threading
import urllib.parse
import uuid

HOP = {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade"}
FILTERED = HOP | {"host", "user-agent", "server", "expect", "content-length", "x-road-request-hash"}


class SecurityServer:
    """`services` are addresses by service id, `clients` the subsystems that are registered and may call."""

    def __init__(self, services: dict[str, str], clients: set[str], tls: ssl.SSLContext | None = None):
        self.services, self.clients = services, clients
        self.calls: list[dict] = []
        # What happens to the next calls of a service: `network` breaks off behind it, `denied` is a refusal of the road.
        self.faults: dict[str, list[str]] = {}
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.base = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _handler(self):
        road = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                try:
                    status, headers, answer = road.carry(self.command, self.path, dict(self.headers.items()), body)
                except Exception as error:  # noqa: BLE001  the road says so itself
                    status, headers, answer = fault(500, "Server.ClientProxy.InternalError", str(error))
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        return Handler

    def carry(self, method: str, target: str, headers: dict, body: bytes):
        given = {name.lower(): value for name, value in headers.items()}
        path, _, query = target.partition("?")
        parts = path.split("/")
        if len(parts) < 7 or parts[0] or parts[1] != "r1" or "x-road-client" not in given:
            return fault(400, "Client.BadRequest", "Error parsing the client's REST request")
        service = "/".join(urllib.parse.unquote(part, errors="strict") for part in parts[2:7])
        client = "/".join(urllib.parse.unquote(part, errors="strict") for part in given["x-road-client"].split("/"))
        assert all(urllib.parse.quote(part, safe="-_.~") == raw for part, raw in zip(service.split("/"), parts[2:7], strict=True))
        if client not in self.clients:
            return fault(500, "Client.UnknownMember", f"{client} is not registered")
        wanted = self.faults[service].pop(0) if self.faults.get(service) else ""
        if wanted == "denied":
            return fault(500, "Server.ServerProxy.AccessDenied", "Request is not allowed")
        if service not in self.services:
            return fault(500, "Server.ServerProxy.UnknownService", f"Unknown service: {service}")
        message = given.get("x-road-id") or str(uuid.uuid4())
        request = str(uuid.uuid4())
        self.calls.append({"service": service, "client": client, "id": message, "path": "/" + "/".join(parts[7:]), "headers": given, "body": body})
        sent = {name: value for name, value in headers.items() if name.lower() not in FILTERED}
        sent |= {"X-Road-Client": given["x-road-client"], "X-Road-Service": "/".join(parts[2:7]), "X-Road-Id": message, "X-Road-Request-Id": request}
        there = urllib.parse.urlsplit(self.services[service])
        connection = http.client.HTTPConnection(there.hostname, there.port, timeout=60)
        address = there.path.rstrip("/") + "/" + "/".join(parts[7:]) + (f"?{query}" if query else "")
        connection.request(method, address, body, sent)
        answer = connection.getresponse()
        payload = answer.read()
        if wanted == "network":
            return fault(500, "Server.ServerProxy.NetworkError", "Connection timed out")
        as_sent = "".join(f"{name}: {value}\r\n" for name, value in sorted(sent.items())).encode()
        digest = hashlib.sha512(hashlib.sha512(as_sent).digest() + hashlib.sha512(body).digest()).digest()
        back = [(name, value) for name, value in answer.getheaders() if name.lower() not in FILTERED and not name.lower().startswith("x-road-")]
        back += [("X-Road-Client", sent["X-Road-Client"]), ("X-Road-Service", sent["X-Road-Service"]), ("X-Road-Id", message),
                 ("X-Road-Request-Id", request), ("X-Road-Request-Hash", base64.b64encode(digest).decode())]
        return answer.status, back, payload


def fault(status: int, kind: str, message: str):
    body = json.dumps({"type": kind, "message": message, "detail": str(uuid.uuid4())}).encode()
    return status, [("Content-Type", "application/json;charset=utf-8"), ("X-Road-Error", kind)], body
