#!/usr/bin/env python3
"""What a certificate's status costs over HTTP, beside `openssl ocsp` in the same run: as a responder asked by the same
readers, and as a command that answers one question.

usage: benches/status.py [--readers 16] [--seconds 8]

Both serve on this machine with P-256 keys and know the certificate they are asked about. A question with a nonce must be
signed anew; one without may be answered by what was signed before, which openssl does not do. Beside them stand the same
readers asking for /healthz, which is what this machine's HTTP stack can do.
"""

import argparse
import base64
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.parse

import requests

import service
from conftest import Program, free_port

INDEX = "V\t{end}\t\t{serial}\tunknown\t/CN=Nguyen Van A\n"


def openssl(folder: pathlib.Path, *arguments: str) -> str:
    return subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def question(folder: pathlib.Path, issuer: str, certificate: str, nonce: bool) -> str:
    """The path of a question by address (RFC 6960, appendix A.1)."""
    openssl(folder, "ocsp", "-issuer", issuer, "-cert", certificate, "-nonce" if nonce else "-no_nonce", "-reqout", "question.der")
    return urllib.parse.quote(base64.b64encode((folder / "question.der").read_bytes()).decode(), safe="")


def peer(folder: pathlib.Path) -> tuple[subprocess.Popen, int]:
    """`openssl ocsp` with an authority of its own that has issued one certificate."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(folder, "req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=CA", "-days", "30")
    openssl(folder, "req", *curve, "-keyout", "a.key", "-out", "a.csr", "-subj", "/CN=Nguyen Van A")
    openssl(folder, "x509", "-req", "-in", "a.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "0x1234", "-days", "20", "-out", "a.pem")
    (folder / "index.txt").write_text(INDEX.format(end="491231235959Z", serial="1234"))
    port = free_port()
    served = subprocess.Popen(
        ["openssl", "ocsp", "-port", str(port), "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ca.pem", "-rkey", "ca.key",
         "-nmin", "60"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    return served, port


def command(folder: pathlib.Path, seconds: float) -> float:
    """How many questions a second `openssl ocsp` answers as a command, one process each."""
    begun, count = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        openssl(folder, "ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ca.pem", "-rkey", "ca.key",
                "-reqin", "question.der", "-respout", "answer.der", "-nmin", "60")
        count += 1
    return count / (time.monotonic() - begun)


def ours(folder: pathlib.Path) -> Program:
    """The served program; `issuing.pem` and `stamper.pem`, which it issued to its own time-stamp service, are fetched."""
    program = Program(folder, f"sqlite:{folder / 'dienhong.sqlite'}")
    program.run("demo", "seed", "--bare", "--data", str(folder))
    service.first_answer(program)
    (folder / "issuing.cer").write_bytes(requests.get(program.base + "/pki/issuing.cer", timeout=10).content)
    openssl(folder, "x509", "-inform", "DER", "-in", "issuing.cer", "-out", "issuing.pem")
    (folder / "data").write_bytes(b"x")
    openssl(folder, "ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "query")
    kind = {"Content-Type": "application/timestamp-query"}
    (folder / "reply").write_bytes(requests.post(program.base + "/pki/tsa", data=(folder / "query").read_bytes(), headers=kind, timeout=10).content)
    openssl(folder, "ts", "-reply", "-in", "reply", "-token_out", "-out", "token")
    all_of_it = openssl(folder, "pkcs7", "-inform", "DER", "-in", "token", "-print_certs")
    for block in re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", all_of_it, re.S):
        (folder / "one.pem").write_text(block)
        if "CA:TRUE" not in openssl(folder, "x509", "-noout", "-text", "-in", "one.pem"):
            (folder / "one.pem").rename(folder / "stamper.pem")
    return program


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readers", type=int, default=16)
    parser.add_argument("--seconds", type=int, default=8)
    settings = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dienhong-status-") as name:
        folder = pathlib.Path(name)
        print(f"status answers over HTTP, {settings.readers} readers at once")
        print(f"{'':34}{'answers/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}", flush=True)
        theirs, port = peer(folder)
        try:
            asked = f"http://127.0.0.1:{port}/" + question(folder, "ca.pem", "a.pem", nonce=True)
            responder = show("openssl ocsp, a responder", asked, settings)
        finally:
            theirs.kill()
            theirs.wait()
        single = command(folder, 3)
        print(f"{'openssl ocsp, a process each':34}{single:>10.0f}", flush=True)
        program = ours(folder)
        try:
            show("/healthz", program.base + "/healthz", settings)
            for what, nonce in (("ours, with a nonce: signed anew", True), ("ours, without: signed before", False)):
                asked = program.base + "/pki/ocsp/" + question(folder, "issuing.pem", "stamper.pem", nonce)
                rate = show(what, asked, settings)
                print(f"{'':4}{rate / responder:.1f} times the responder, {rate / single:.0f} times the command", flush=True)
        finally:
            program.stop()


def show(what: str, address: str, settings) -> float:
    row = service.load([address], "", settings)
    print(f"{what:34}{row['per_second']:>10.0f}{row['p50_ms']:>9.1f}{row['p99_ms']:>9.1f}{row['errors']:>8}", flush=True)
    return row["per_second"]


if __name__ == "__main__":
    main()
