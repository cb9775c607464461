"""Takes the pictures of the README from the running program: `make screenshots`.

Each shows what one kind of user sees at the moment that matters to them, at 1280x800, over a freshly seeded demo.
"""

import json
import pathlib
import subprocess
import tempfile

from conftest import ROOT, Program
from people import Staff

OUT = ROOT / "docs" / "screenshots"


def pages(program) -> list[dict]:
    """Who looks at what: name of the picture, cookies, path."""
    staff = Staff(program)

    def case(person, words: str) -> str:
        return person.open("/cases?q=" + words).select_one("main a[href^='/cases/case-']")["href"]

    def seen(name: str, seat: str, path) -> dict:
        person = staff(seat)
        return {"name": name, "cookies": person.cookies(), "path": path(person) if callable(path) else path}

    listing = staff("clerk@vu-hanh-chinh").open("/resolutions")
    resolution = listing.select_one("main a[href^='/resolutions/document-']")["href"]
    return [
        seen("chairperson-sign", "chairperson@ubtvqh", lambda p: case(p, "Ban soạn thảo") + "/sign"),
        seen("member-ballot", "secretary-general@vpqh", lambda p: case(p, "Lâm Đồng") + "/ballot"),
        seen("clerk-issue", "clerk@vu-hanh-chinh", lambda p: case(p, "chuyển đổi số") + "/issue"),
        seen("committee-home", "chairperson@ub-cong-tac-dai-bieu", "/"),
        seen("expert-case", "expert@vu-to-chuc-can-bo", lambda p: case(p, "chế độ")),
        seen("auditor-journal", "auditor@vpqh", "/journal"),
        {"name": "citizen-resolution", "cookies": [], "path": resolution},
        {"name": "citizen-list", "cookies": [], "path": "/resolutions"},
    ]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dienhong-screens-") as place:
        folder = pathlib.Path(place)
        program = Program(folder, f"sqlite:{folder / 'dienhong.sqlite'}")
        program.run("demo", "seed", "--data", str(folder))
        program.start()
        try:
            order = {"base": program.base, "out": str(OUT), "pages": pages(program)}
            subprocess.run(["node", "shoot.mjs"], input=json.dumps(order), text=True, check=True, cwd=ROOT / "tests")
        finally:
            program.stop()


if __name__ == "__main__":
    main()
