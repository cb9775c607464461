"""Files that are too large, broken or built to hurt: refused in words, with bounded memory, and nothing is kept of them."""

import re
import socket
import time
import zlib

import pytest
import requests

import work
from pages import assert_clear, said
from people import Person

LIMIT = 32 << 20  # the program's default for a request body
# What the largest allowed body may cost: it is held once or twice while it is read and looked at.
ROOM = 6 * LIMIT


@pytest.fixture(scope="module", autouse=True)
def nothing_half_done(demo):
    yield
    done = demo.run("verify", "--quiet", check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def most_memory(demo) -> int:
    """The most memory that the program ever held, in bytes."""
    status = open(f"/proc/{demo.process.pid}/status").read()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024


@pytest.fixture
def case(staff) -> str:
    return work.open_case(staff(work.EXPERT), "Hồ sơ nhận tệp")


def attach(person: Person, case: str, name: str, data: bytes) -> requests.Response:
    person.open(f"/cases/{case}/documents/de-nghi")
    return person.send("form[enctype]", {"file": (name, data)}, title="Tài liệu")


def pdf(*objects: bytes, trailer: bytes = b"<</Root 1 0 R/Size 9>>") -> bytes:
    """A file with these objects, numbered from 1, and a cross-reference table that fits."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + table + b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (trailer, len(out))


CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"


def stream(data: bytes, more: bytes = b"") -> bytes:
    packed = zlib.compress(data, 9)
    return b"<</Length %d/Filter/FlateDecode%s>>\nstream\n%s\nendstream" % (len(packed), more, packed)


def signature(byte_range: bytes, contents: bytes = b"<00>") -> tuple:
    field = b"<</FT/Sig/Type/Annot/Subtype/Widget/T(S)/V 5 0 R/P 3 0 R/Rect[0 0 0 0]>>"
    value = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange%s/Contents%s>>" % (byte_range, contents)
    catalog = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/SigFlags 3>>>>"
    return catalog, PAGES, PAGE.replace(b">>", b"/Annots[4 0 R]>>"), field, value


HOSTILE = {
    "nothing-but-a-head": b"%PDF-1.7\n",
    "noise": b"%PDF-1.7\n" + bytes(range(256)) * 400,
    "cut-off": pdf(CATALOG, PAGES, PAGE)[:120],
    "nested-arrays": pdf(CATALOG, PAGES, PAGE, b"[" * 500_000 + b"]" * 500_000),
    "nested-dictionaries": pdf(CATALOG, PAGES, PAGE, b"<</A" * 300_000 + b" 1" + b">>" * 300_000),
    "trailer-that-nests": pdf(CATALOG, PAGES, PAGE, trailer=b"<</Root 1 0 R/A" + b"[" * 500_000),
    "pages-in-a-ring": pdf(CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>", PAGE),
    "many-pages-claimed": pdf(CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 999999999999>>", PAGE),
    "table-in-a-ring": pdf(CATALOG, PAGES, PAGE, trailer=b"<</Root 1 0 R/Prev 9/Size 4>>"),
    "objects-without-end": b"%PDF-1.7\nxref\n0 99999999999\n0000000000 65535 f \ntrailer<</Root 1 0 R/Size 99999999999>>\nstartxref\n9\n%%EOF",
    "packed-gigabyte": pdf(CATALOG, PAGES, PAGE, stream(bytes(1 << 30))),
    "packed-gigabyte-of-objects": pdf(CATALOG, PAGES, PAGE, stream(bytes(1 << 30), b"/Type/ObjStm/N 100000/First 10")),
    "range-beyond-the-file": pdf(*signature(b"[0 99999999999999999999 -5 18446744073709551615]")),
    "range-that-wraps": pdf(*signature(b"[0 9223372036854775807 9223372036854775807 9223372036854775807]")),
    "ranges-that-overlap": pdf(*signature(b"[0 500 100 500]", b"<" + b"30" * 20_000 + b">")),
    "signature-of-noise": pdf(*signature(b"[0 100 300 50]", b"<" + bytes(range(256)).hex().encode() * 60 + b">")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_built_to_hurt_is_judged_in_words_with_bounded_memory(demo, staff, case, name):
    data, expert = HOSTILE[name], staff(work.EXPERT)
    before, begun = most_memory(demo), time.monotonic()
    public = Person(demo)
    public.open("/verify")
    answer = public.send("form[enctype]", {"file": ("van-ban.pdf", data)})
    assert_clear(answer, (200, 422))
    judged = requests.post(demo.base + "/api/v1/verify", data, headers={"Content-Type": "application/pdf"}, timeout=60)
    assert judged.status_code in (200, 422), judged.text[:300]
    if judged.status_code == 200:
        assert judged.json()["verdict"] in ("unknown", "broken", "unsigned", "unreadable", "doubtful"), judged.text[:500]
        assert not any(s["indication"] == "TOTAL-PASSED" for s in judged.json()["signatures"])
    attached = attach(expert, case, "van-ban.pdf", data)
    assert_clear(attached, (200, 422))
    assert demo.process.poll() is None, "the program ended"
    assert most_memory(demo) - before < ROOM, (before, most_memory(demo))
    assert time.monotonic() - begun < 60, "nobody else is served so long"
    kept = work.documents(expert, case)
    assert ("de-nghi" in kept) == (attached.status_code == 200)


def test_a_broken_file_is_refused_beside_its_field_and_the_title_stays(staff, case):
    expert = staff(work.EXPERT)
    for name, data, words in (
        ("to-trinh.pdf", b"", "Tệp rỗng"), ("to-trinh.pdf", b"PK\x03\x04", "không đúng với tên tệp"),
        ("to-trinh.pdf", b"%PDF-1.7\n%%EOF", "bị hỏng"), ("to-trinh.exe", b"MZ", "không nhận"),
    ):
        expert.open(f"/cases/{case}/documents/de-nghi")
        answer = expert.send("form[enctype]", {"file": (name, data)}, title="Bảng tổng hợp của tôi")
        assert_clear(answer, 422, words)
        assert expert.form("form[enctype]")[1]["title"] == "Bảng tổng hợp của tôi"
    assert work.documents(expert, case) == {}


def test_a_file_over_the_limit_is_refused_in_words(staff, case):
    expert = staff(work.EXPERT)
    assert_clear(attach(expert, case, "lon.pdf", work.PDF + bytes(LIMIT)), (413, 422), "quá lớn")
    assert work.documents(expert, case) == {}
    assert_clear(attach(expert, case, "vua.pdf", work.PDF + bytes(LIMIT // 2)), (200, 422))


def test_the_public_check_refuses_a_file_over_the_limit_too(demo):
    public = Person(demo)
    public.open("/verify")
    assert_clear(public.send("form[enctype]", {"file": ("lon.pdf", work.PDF + bytes(LIMIT))}), (413, 422), "quá lớn")
    answer = requests.post(demo.base + "/api/v1/verify", work.PDF + bytes(LIMIT), timeout=60)
    assert answer.status_code == 413 and answer.json()["status"] == 413, answer.text[:300]


def flood(demo, head: str, total: int) -> bytes:
    """Sends a request whose body goes on and on; gives what was answered before the program hung up."""
    piece, answer = bytes(1 << 20), b""
    with socket.create_connection(("127.0.0.1", demo.port), timeout=60) as wire:
        wire.sendall(head.encode())
        try:
            for _ in range(total >> 20):
                wire.sendall(b"100000\r\n" + piece + b"\r\n" if "chunked" in head else piece)
            wire.sendall(b"0\r\n\r\n")
        except (ConnectionError, TimeoutError):
            pass
        try:
            answer = wire.recv(1 << 16)
        except (ConnectionError, TimeoutError):
            pass
    return answer


@pytest.mark.parametrize("length", ["chunked", "declared"])
@pytest.mark.parametrize("path", ["/api/v1/verify", "/verify", "/login", "/cases/new/legislative-programme"])
def test_a_body_far_over_the_limit_is_cut_off_with_bounded_memory(demo, staff, path, length):
    total, before = 1 << 30, most_memory(demo)
    cookies = "; ".join(f"{c['name']}={c['value']}" for c in staff(work.EXPERT).cookies())
    kind = "multipart/form-data; boundary=x" if path == "/verify" else "application/x-www-form-urlencoded"
    size = "Transfer-Encoding: chunked" if length == "chunked" else f"Content-Length: {total}"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\nContent-Type: {kind}\r\n{size}\r\n\r\n"
    if path == "/verify" and length == "declared":
        head += '--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    answer = flood(demo, head, total)
    assert answer == b"" or re.match(rb"HTTP/1.1 4\d\d", answer), answer[:200]
    assert most_memory(demo) - before < ROOM, (before, most_memory(demo))
    assert requests.get(demo.base + "/about", timeout=30).status_code == 200


def test_a_form_of_more_fields_than_any_page_has_is_refused(staff):
    expert = staff(work.EXPERT)
    form = work.opening(expert, "Hồ sơ quá nhiều ô")
    form.fields |= {f"f.x{n}": "1" for n in range(25_000)}
    answer = expert.post(form)
    assert_clear(answer, 422)
    assert "20" in said(answer)
