#!/usr/bin/env python3
"""The served program, measured: start, memory, and the case page under load with many acts stored, on both engines.

usage: benches/service.py [--acts 100000] [--readers 50] [--seconds 10] [--only sqlite|postgres]

Runs the release build of `dienhong` and the load generator `load`, both on this machine. Beside the case page stand the
same readers asking for /healthz, which is what this machine's HTTP stack can do when nothing is looked up or rendered.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
os.environ["DIENHONG_BIN"] = str(TARGET / "dienhong")

import re  # noqa: E402

import requests  # noqa: E402

import conftest  # noqa: E402
from people import Person  # noqa: E402


def memory(pid: int) -> float:
    """Resident memory in MB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def first_answer(program) -> float:
    """Seconds from starting the program to its first full page."""
    begun = time.monotonic()
    program.process = subprocess.Popen(
        [os.environ["DIENHONG_BIN"], "serve"], env=program.env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while True:
        try:
            if requests.get(program.base + "/resolutions", timeout=5).status_code == 200:
                return time.monotonic() - begun
        except requests.ConnectionError:
            time.sleep(0.005)


def load(urls: list[str], cookie: str, settings) -> dict:
    done = subprocess.run(
        [str(TARGET / "load"), *urls, "--readers", str(settings.readers), "--seconds", str(settings.seconds), "--cookie", cookie],
        text=True, capture_output=True, check=True,
    )
    return json.loads(done.stdout)


def measure(engine: str, url: str, folder: pathlib.Path, settings) -> None:
    program = conftest.Program(folder, url)
    begun = time.monotonic()
    program.run("demo", "seed", "--data", str(folder), "--acts", str(settings.acts), timeout=3600)
    seeding = time.monotonic() - begun
    starts = []
    for _ in range(5):
        starts.append(first_answer(program))
        program.stop()
    starts.append(first_answer(program))
    idle = memory(program.process.pid)
    accounts = program.accounts()
    seat = next(a for a in accounts.values() if "expert@vu-phap-luat-tu-phap" in a["holds"])
    person = Person(program, seat).sign_in()
    cases = []
    for page in ("/cases", "/cases?from=2000"):
        cases += [link["href"] for link in person.open(page).select("main a[href^='/cases/case-']")]
    cases = [program.base + case for case in dict.fromkeys(cases)][:40]
    cookie = "; ".join(f"{c['name']}={c['value']}" for c in person.cookies())
    bare = load([program.base + "/healthz"], cookie, settings)
    page = load(cases, cookie, settings)
    home = load([program.base + "/"], cookie, settings)
    busy = memory(program.process.pid)
    program.stop()
    print(f"\n{engine}: {settings.acts} acts seeded in {seeding:.0f} s; {settings.readers} readers, {settings.seconds} s each")
    print(f"{'':34}{'answers/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}")
    for name, row in (("limit: /healthz", bare), (f"case page ({len(cases)} cases in turn)", page), ("home page of an expert", home)):
        print(f"{name:34}{row['per_second']:>10.0f}{row['p50_ms']:>9.1f}{row['p99_ms']:>9.1f}{row['errors']:>8}")
    print(f"start to first full page: median {statistics.median(starts):.2f} s, most {max(starts):.2f} s")
    print(f"resident memory: {idle:.0f} MB after start, {busy:.0f} MB after the load")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--acts", type=int, default=100_000)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    settings = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dienhong-bench-") as place:
        folder = pathlib.Path(place)
        if settings.only != "postgres":
            (folder / "sqlite").mkdir()
            measure("SQLite", f"sqlite:{folder / 'sqlite' / 'dienhong.sqlite'}", folder / "sqlite", settings)
        if settings.only != "sqlite":
            (folder / "postgres").mkdir()
            with conftest.private_postgres() as database:
                measure("PostgreSQL", database(), folder / "postgres", settings)


if __name__ == "__main__":
    main()
