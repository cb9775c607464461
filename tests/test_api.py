"""`/api/v1` against its committed description, by schemathesis: no fault, nothing that the description does not say."""

import json
import os
import re
import subprocess
import sys

import pytest
import requests

from conftest import ROOT

DESCRIPTION = json.loads((ROOT / "docs" / "api" / "openapi.json").read_text())
READERS = {"anyone": None, "expert": "expert@vu-phap-luat", "auditor": "auditor@"}
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,unsupported_method,allow_header_conformance,ignored_auth"
)
EXAMPLES = 15  # cases of one operation beside those for each declared limit


@pytest.fixture(scope="session")
def known(demo, staff) -> dict:
    """Something that there is, for every parameter of a path."""
    case = staff("auditor@").open("/cases").select_one("a[href^='/cases/case-']")["href"].split("/")[2]
    published = requests.get(demo.base + "/api/v1/resolutions", timeout=30).json()["items"][0]["id"]
    return {"case": case, "document": published, "stream": "body:ubtvqh", "version": 1, "body": "ubtvqh", "person": "db-001"}


@pytest.fixture
def description(known, tmp_path):
    """The committed description with what there is as examples, so that more than absence is tested."""
    described = json.loads(json.dumps(DESCRIPTION))
    for operations in described["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    parameter["example"] = known[parameter["name"]]
                if parameter["name"] == "version":
                    parameter["schema"]["minimum"] = -(2**62)  # at the very least number of 64 bits it faults still
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(described))
    return file


def cookies_of(staff, reader: str) -> dict:
    seat = READERS[reader]
    return {c["name"]: c["value"] for c in staff(seat).cookies()} if seat else {}


def schemathesis(demo, description, cookies: dict, paper, *more: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "schemathesis.cli", "run", str(description), "--url", demo.base, "--checks", CHECKS,
               "--phases", "examples,coverage,fuzzing", "-n", str(EXAMPLES), "--continue-on-failure",
               "--generation-deterministic", "--no-color", "--warnings", "off",
               "--request-timeout", "20", *more]
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "judges.schemathesis_hooks", "PYTHONPATH": str(ROOT / "tests"),
           "DIENHONG_COOKIES": json.dumps(cookies), "DIENHONG_PAPER": str(paper)}
    return subprocess.run(command, env=env, text=True, capture_output=True, timeout=300, cwd=description.parent)


@pytest.fixture
def paper(demo, known, tmp_path):
    file = tmp_path / "paper.pdf"
    file.write_bytes(requests.get(f"{demo.base}/api/v1/resolutions/{known['document']}/paper", timeout=30).content)
    assert file.read_bytes().startswith(b"%PDF-")
    return file


def test_every_answer_is_one_that_the_description_names(demo, engine, staff, description, paper, subtests):
    for reader in READERS if engine == "sqlite" else ["auditor"]:
        with subtests.test(reader=reader):
            done = schemathesis(demo, description, cookies_of(staff, reader), paper)
            assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
            tested = re.search(r"Tested: (\d+)", done.stdout)
            assert tested and int(tested.group(1)) == sum(len(o) for o in DESCRIPTION["paths"].values()), done.stdout


def test_an_auditor_gets_every_thing_that_there_is_and_anyone_only_what_is_public(demo, staff, known):
    cookies = cookies_of(staff, "auditor")
    for path, operations in DESCRIPTION["paths"].items():
        if "get" not in operations:
            continue
        address = demo.base + path.format(**known)
        mine = requests.get(address, cookies=cookies, timeout=30)
        assert mine.status_code == 200, (path, mine.text[:500])
        public = "security" not in operations["get"]
        anyones = requests.get(address, timeout=30)
        assert anyones.status_code == (200 if public else 401), (path, anyones.text[:500])


def test_the_served_description_is_the_committed_one(demo):
    assert requests.get(demo.base + "/api/v1/openapi.json", timeout=30).json() == DESCRIPTION
