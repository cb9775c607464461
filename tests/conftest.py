"""Runs the built program the way an office would, on both engines, and gives the tests what they need to drive it.

Nothing here imports or knows the program's insides: it is started from its binary and spoken to over HTTP.
"""

import contextlib
import glob
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import pytest
import requests

from people import Staff

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "tests" / "out"


# Files that take minutes, the longest first: begun last, one of them would keep everybody waiting at the end.
LONG = ("letters", "acme", "scenario", "pages", "procedures", "batches", "secrecy", "agent", "kill", "axis_desk")


def pytest_collection_modifyitems(items):
    def place(item) -> int:
        name = item.path.stem.removeprefix("test_")
        return LONG.index(name) if name in LONG else len(LONG)

    # The sort is stable, so that the order within a file stays.
    items.sort(key=place)


def binary() -> str:
    path = os.environ.get("DIENHONG_BIN", str(ROOT / "target" / "debug" / "dienhong"))
    if not pathlib.Path(path).exists():
        pytest.exit(f"the program is not built: {path} (run make test, or set DIENHONG_BIN)", returncode=2)
    return path


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def faketime() -> str | None:
    """Debian's libfaketime, through which a test may set a program's clock; None where it is not installed."""
    return next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)


class Program:
    """One running `dienhong serve` (or another command) with its own data folder and engine.

    `ahead` is how many seconds its clock is ahead of ours, `speed` how much faster it runs; both need libfaketime.
    """

    def __init__(self, data: pathlib.Path, storage_url: str, port: int | None = None, speed: int = 1):
        self.data = data
        self.speed = speed if faketime() else 1
        self.ahead = 0.0
        self.started = 0.0
        self.storage_url = storage_url
        self.port = port or free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        # Where the program asks devices whether they hold a name.
        self.acme_port = free_port()
        self.log = data / "server.log"
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith("DIENHONG_")},
            "DIENHONG_STORAGE_URL": storage_url,
            "DIENHONG_STORAGE_BLOBS": str(data / "blobs"),
            "DIENHONG_KEYS_MASTER": str(data / "master.key"),
            "DIENHONG_WEB_LISTEN": f"127.0.0.1:{self.port}",
            "DIENHONG_CERTIFICATES_ADDRESS": f"http://127.0.0.1:{self.port}/pki",
            "DIENHONG_CERTIFICATES_ACME_NETWORKS": "127.0.0.0/8",
            "DIENHONG_CERTIFICATES_ACME_PORT": str(self.acme_port),
            "DIENHONG_LOG_LEVEL": "warn,dienhong=info",
        }
        self.process: subprocess.Popen | None = None
        self._accounts: dict | None = None

    def environment(self) -> dict:
        """The environment of a command that is started now."""
        now = time.time()
        if self.started:
            self.ahead += (now - self.started) * (self.speed - 1)
        self.started = now
        if self.speed == 1 and not self.ahead:
            return self.env
        # Only the time of day is changed: timeouts go on by the machine's own clock.
        fake = {"LD_PRELOAD": faketime(), "FAKETIME": f"{self.ahead:+.3f} x{self.speed}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        return self.env | fake

    def run(self, *arguments: str, timeout: float = 600, check: bool = True) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [binary(), *arguments], env=self.environment(), cwd=ROOT, timeout=timeout, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"dienhong {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def start(self, *before: str) -> "Program":
        """Serves, and waits until it does; `before` is a command that starts the program, such as prlimit."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen([*before, binary(), "serve"], env=self.environment(), cwd=ROOT, stdout=log, stderr=log)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the program ended at once:\n{self.log.read_text()[-4000:]}")
            with contextlib.suppress(requests.ConnectionError, requests.Timeout):
                if requests.get(self.base + "/readyz", timeout=5).status_code == 200:
                    return self
            time.sleep(0.02)
        raise AssertionError(f"the program did not become ready:\n{self.log.read_text()[-4000:]}")

    def kill(self) -> None:
        """SIGKILL: nothing is ended in order."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            for left in (f"faketime_shm_{self.process.pid}", f"sem.faketime_sem_{self.process.pid}"):
                pathlib.Path("/dev/shm", left).unlink(missing_ok=True)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise AssertionError("the program did not stop within 20 s of SIGTERM") from None

    def accounts(self) -> dict:
        """The demo's accounts by login: password and TOTP secret, as `dienhong demo accounts --json` prints them."""
        if self._accounts is None:
            done = self.run("demo", "accounts", "--json", "--data", str(self.data))
            self._accounts = {a["login"]: a for a in json.loads(done.stdout)}
        return self._accounts


def postgres_programs() -> pathlib.Path:
    found = shutil.which("initdb")
    if found:
        return pathlib.Path(found).resolve().parent
    for folder in sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    pytest.exit("PostgreSQL's server is needed: sudo apt-get install postgresql", returncode=2)


@contextlib.contextmanager
def private_postgres():
    """A private PostgreSQL server; gives a function that makes a fresh database and returns its URL."""
    programs = postgres_programs()
    home = pathlib.Path(tempfile.mkdtemp(prefix="dienhong-pg-"))
    user = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root.
        user = "postgres" if any(p.pw_name == "postgres" for p in pwd.getpwall()) else "nobody"
        shutil.chown(home, user)
    data, port = home / "data", free_port()

    def run(*command: str) -> None:
        subprocess.run(command, user=user, cwd=home, check=True, stdout=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})

    run(str(programs / "initdb"), "-D", str(data), "-U", "dienhong", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-N")
    options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c max_connections=200"
    run(str(programs / "pg_ctl"), "-D", str(data), "-o", options, "-l", str(home / "log"), "-w", "start")
    made = 0

    def database() -> str:
        nonlocal made
        made += 1
        name = f"test_{made}"
        run(str(programs / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "dienhong", name)
        return f"postgres://dienhong@127.0.0.1:{port}/{name}"

    try:
        yield database
    finally:
        run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(home, ignore_errors=True)


class PostgresServer:
    """A private PostgreSQL server on a port of its own."""

    def __init__(self):
        self.programs = postgres_programs()
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dienhong-pg-"))
        self.user = None
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root.
            self.user = "postgres" if any(p.pw_name == "postgres" for p in pwd.getpwall()) else "nobody"
            shutil.chown(self.home, self.user)
        self.port = free_port()
        self.made = 0
        data = str(self.home / "data")
        self.run("initdb", "-D", data, "-U", "dienhong", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-N")
        self.start()

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        subprocess.run(command, user=self.user, cwd=self.home, check=True, stdout=subprocess.DEVNULL, env=env)

    def start(self) -> None:
        options = f"-p {self.port} -k {self.home} -c listen_addresses=127.0.0.1 -c max_connections=200"
        self.run("pg_ctl", "-D", str(self.home / "data"), "-o", options, "-l", str(self.home / "log"), "-w", "start")

    def stop(self) -> None:
        """At once, as when the machine fails."""
        self.run("pg_ctl", "-D", str(self.home / "data"), "-m", "immediate", "-w", "stop")

    def database(self) -> str:
        """The address of a fresh database."""
        self.made += 1
        name = f"test_{self.made}"
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "dienhong", name)
        return f"postgres://dienhong@127.0.0.1:{self.port}/{name}"

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres():
    """A private PostgreSQL server; gives a function that makes a fresh database and returns its address."""
    server = PostgresServer()
    yield server.database
    server.remove()


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def engine(request):
    return request.param


def fresh_program(engine: str, folder: pathlib.Path, request, speed: int = 1) -> Program:
    url = request.getfixturevalue("postgres")() if engine == "postgres" else f"sqlite:{folder / 'dienhong.sqlite'}"
    return Program(folder, url, speed=speed)


def seeded(engine: str, tmp_path_factory, request, name: str, *arguments: str, speed: int = 1) -> Program:
    """A program over a freshly seeded Assembly, not started yet."""
    folder = tmp_path_factory.mktemp(f"{name}-{engine}")
    program = fresh_program(engine, folder, request, speed)
    program.run("demo", "seed", "--data", str(folder), *arguments)
    return program


@pytest.fixture(scope="session")
def demo(engine, tmp_path_factory, request):
    """The demo as a newcomer gets it, the five resolutions at five stages, on each engine. Tests that move these
    resolutions take an Assembly of their own."""
    program = seeded(engine, tmp_path_factory, request, "demo")
    program.start()
    yield program
    program.stop()


@pytest.fixture(scope="session")
def staff(demo):
    """The demo's people at the pages, each signed in once: `staff("clerk@vu-hanh-chinh")`."""
    return Staff(demo)
