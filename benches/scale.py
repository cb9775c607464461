#!/usr/bin/env python3
"""Many cases: what an inbox and a field's dashboard cost, and how fast cases move, as the store grows.

usage: benches/scale.py [--open 100000] [--closed 1000000] [--readers 50] [--seconds 10] [--steps 9000] [--people 2048]
       [--postgres URL]

Three sizes of one store, a tenth, a third and the whole, so that growth shows. The cases are entered by the program itself
(`dienhong demo seed --open N --closed N`), as acts under its policies; nothing is written past the journal. Runs the release
build. Beside the pages stand the same readers asking for /healthz.
"""

import argparse
import pathlib
import shutil
import tempfile
import time

import service
from conftest import Program
from people import Person

PAGES = ("/inbox", "/inbox?due=overdue", "/fields/direction", "/fields", "/")


def measure(folder: pathlib.Path, url: str, added: tuple[int, int], whole: tuple[int, int], settings) -> None:
    program = Program(folder, url)
    begun = time.monotonic()
    program.run(
        "demo", "seed", "--bare", "--data", str(folder), "--open", str(added[0]), "--closed", str(added[1]), timeout=7200
    )
    seeding = time.monotonic() - begun
    service.first_answer(program)
    accounts = program.accounts()
    seat = next(a for a in accounts.values() if "expert@vu-phap-luat" in a["holds"])
    person = Person(program, seat).sign_in()
    cookie = "; ".join(f"{c['name']}={c['value']}" for c in person.cookies())
    print(f"\n{whole[0]} open and {whole[1]} closed cases; the last {sum(added)} entered in {seeding:.0f} s")
    print(f"{'':34}{'answers/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}", flush=True)
    for page in ("/healthz", *PAGES):
        row = service.load([program.base + page], cookie, settings)
        print(f"{page:34}{row['per_second']:>10.0f}{row['p50_ms']:>9.1f}{row['p99_ms']:>9.1f}{row['errors']:>8}", flush=True)
    program.stop()
    # Last, for the steps empty the inboxes that the pages show.
    steps = program.run(
        "demo", "advance", str(settings.steps), "--at-once", str(settings.people), "--data", str(folder), timeout=600
    ).stdout.split()[-1]
    print(f"steps a second, {settings.people} people at once, each step a change of its own: {steps}", flush=True)
    if url.startswith("sqlite:"):
        size = sum(f.stat().st_size for f in folder.glob("dienhong.sqlite*"))
        print(f"the database file: {size / 1e9:.2f} GB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--open", type=int, default=100_000)
    parser.add_argument("--closed", type=int, default=1_000_000)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=9000, help="at most a tenth of --open")
    parser.add_argument("--people", type=int, default=2048, help="who take steps at once")
    parser.add_argument("--postgres", metavar="URL", help="an empty PostgreSQL database instead of SQLite")
    settings = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="dienhong-scale-"))
    try:
        url = settings.postgres or f"sqlite:{folder / 'dienhong.sqlite'}"
        before = (0, 0)
        for share in (10, 3, 1):
            whole = (settings.open // share, settings.closed // share)
            measure(folder, url, (whole[0] - before[0], whole[1] - before[1]), whole, settings)
            before = whole
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
