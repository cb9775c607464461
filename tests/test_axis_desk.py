"""The desk of the interconnection axis, as its people walk through it: what a system of others sends arrives, is registered,
directed, worked on and completed, and the sender is told each time; a document of the house goes out and is taken back."""

import base64
import datetime
import json
import re
import subprocess

import pytest
import requests

import houses
import work
from conftest import OUT, ROOT, free_port, seeded
from houses import until
from people import Staff
from test_axis import SPACE, Client, package

HOUSE, PARTNER, COURIER = "000.00.00.C01", "000.00.18.H41", "000.00.19.H42"
CLERK, HEAD, UNIT_HEAD = "clerk@vu-hanh-chinh", "deputy-head@vpqh", f"head@{work.UNIT}"
ARRIVAL = re.compile(r"/incoming/(arrival-[0-9a-z]+)")


@pytest.fixture(scope="module")
def house(engine, tmp_path_factory, request):
    """The demo, whose office is a client of its own hub; and a system of others that knows nothing but the protocol."""
    program = seeded(engine, tmp_path_factory, request, "axis-desk")
    port = free_port()
    secrets = {s: program.run("axis", "admit", s, "--name", f"Hệ thống {s}").stdout.strip() for s in ("HOUSE", "OTHERS")}
    secret = program.data / "axis.secret"
    secret.write_text(secrets["HOUSE"])
    secret.chmod(0o600)
    hub = f"http://127.0.0.1:{port}"
    program.env |= {
        "DIENHONG_HUB_LISTEN": f"127.0.0.1:{port}", "DIENHONG_AXIS_ADDRESS": hub, "DIENHONG_AXIS_SYSTEM": "HOUSE",
        "DIENHONG_AXIS_SECRET_FILE": str(secret), "DIENHONG_AXIS_POLL_SECONDS": "1", "DIENHONG_AXIS_RETRY_SECONDS": "1",
        "DIENHONG_AXIS_FOLDER": str(program.data / "courier"),
    }
    program.folder_way = program.data / "courier"
    program.folder_way.mkdir()
    (program.folder_way / "agencies.csv").write_text(f"{COURIER};Sở Thử nghiệm tỉnh B;\n")
    program.start()
    Client(hub, "HOUSE", secrets["HOUSE"]).register(HOUSE, "Văn phòng Quốc hội")
    program.others = Client(hub, "OTHERS", secrets["OTHERS"])
    program.others.register(PARTNER, "Sở Thử nghiệm tỉnh A")
    program.run("axis", "receive")  # also takes over the directory
    program.staff = Staff(program)
    yield program
    program.stop()


def statuses(client: Client) -> list[tuple[str, str]]:
    """What waits for a system: `(document, status)` of every status package, in the order of their coming."""
    told = []
    for line in client.data("getReceivedEdocList", servicetype="eDoc", messagetype="status"):
        text = base64.b64decode(client.data("getEdoc", b"{}", docId=line["docId"], filePath="x")).decode()
        told.append((re.search(r"<\w*:?DocumentId>([^<]*)<", text).group(1), re.search(r"<\w*:?StatusCode>(\d\d)<", text).group(1)))
    return told


def told(client: Client, document: str, *codes: str) -> bool:
    got = [code for of, code in statuses(client) if of == document]
    return sorted(got) == sorted(codes)


def status(code: str, identity: str, words: str) -> bytes:
    at = datetime.datetime.now().strftime("%Y/%m/%d %H:%M:%S")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<edXML xmlns="{SPACE}"><e:edXMLEnvelope xmlns:e="{SPACE}"><e:edXMLHeader><e:MessageHeader>
<e:From><e:OrganId>{PARTNER}</e:OrganId><e:OrganName>Sở Thử nghiệm tỉnh A</e:OrganName></e:From>
<e:ResponseFor><e:OrganId>{HOUSE}</e:OrganId><e:DocumentId>{identity}</e:DocumentId></e:ResponseFor>
<e:StaffInfo><e:Department>Văn thư</e:Department><e:Staff>Nguyễn Văn B</e:Staff></e:StaffInfo><e:StatusCode>{code}</e:StatusCode>
<e:Description>{words}</e:Description><e:Timestamp>{at}</e:Timestamp></e:MessageHeader></e:edXMLHeader></e:edXMLEnvelope></edXML>""".encode()


def arrived(person, number: str) -> str:
    """The page of what came under a number, as soon as it is there."""
    def look():
        return ARRIVAL.search(str(person.open(f"/incoming?q={number}").select_one("main table") or ""))
    return until(look).group()


def acted(person, page: str, what: str, mark: str, **values) -> None:
    person.open(page)
    person.send(f"form[action$='/{what}']", **values)
    work.done(person, mark)


def test_what_others_send_is_registered_directed_worked_on_and_completed(house):
    clerk, head, others = house.staff(CLERK), house.staff(HEAD), house.others
    sent = package(PARTNER, [HOUSE], number="4711", content=work.PDF)
    assert others.send(sent, PARTNER).json()["status"] == "OK"
    identity = f"{PARTNER},2026/11/20,4711/NQ"
    page = arrived(clerk, "4711")
    until(lambda: told(others, identity, "01"))
    clerk.open(page)
    words = clerk.words()
    assert "Về việc thử nghiệm & trao đổi" in words and "03 Đã tiếp nhận" in words, words[:800]
    paper = clerk.page().select_one("main a[href*='/files/0']")["href"]
    assert clerk.request("GET", paper).content == work.PDF
    # Who must not act is told so and changes nothing; who need not know finds nothing.
    stranger = house.staff(work.EXPERT)
    assert stranger.request("GET", page).status_code == 404

    acted(clerk, page, "register", "done-arrival-registered")
    assert "Số đến" in clerk.words(), clerk.words()[:800]
    until(lambda: told(others, identity, "01", "03", "05"))
    head.open(page)
    form = head.fill("form[action$='/direct']", unit="", due="")
    head.post(form)
    assert head.answer.status_code == 422 and "Không được để trống" in head.words()
    due = (datetime.date.today() + datetime.timedelta(days=9)).isoformat()
    acted(head, page, "direct", "done-arrival-directed", unit=work.UNIT, due=due, note="Đề nghị tham mưu trả lời.")
    until(lambda: told(others, identity, "01", "03", "05", "04"))

    unit, expert = house.staff(UNIT_HEAD), house.staff(work.EXPERT)
    assert "Về việc thử nghiệm" in unit.open("/incoming").get_text()
    case = work.CASE.search(str(unit.open(page))).group(1)
    assert "Số đến" in unit.open(f"/cases/{case}").get_text()
    for person, fields in ((unit, {"f.officer": expert.account["person"]}), (expert, {"f.result": "Đã trả lời bằng công văn"}), (unit, {})):
        person.open(f"/cases/{case}/step")
        person.send(f"form[action='/cases/{case}/complete']", **fields)
        work.done(person, "done-completed")
    until(lambda: told(others, identity, "01", "03", "05", "04", "06"))
    assert "kết thúc xử lý" in until(lambda: "Hoàn thành" in clerk.open(page).get_text() and clerk.words())
    # The same form sent again does nothing twice.
    assert expert.request("GET", page).status_code == 200, "a unit sees what is its own"


def test_a_refusal_needs_its_reason_and_the_sender_reads_it(house):
    clerk, others = house.staff(CLERK), house.others
    others.send(package(PARTNER, [HOUSE], number="4712", content=work.PDF), PARTNER)
    page = arrived(clerk, "4712")
    clerk.open(page)
    clerk.send("form[action$='/refuse']", reason="")
    assert clerk.answer.status_code == 422 and "Không được để trống" in clerk.words()
    acted(clerk, page, "refuse", "done-arrival-refused", reason="Văn bản gửi nhầm cơ quan")
    until(lambda: told(others, f"{PARTNER},2026/11/20,4712/NQ", "01", "02"))
    assert "Văn bản gửi nhầm cơ quan" in clerk.open(page).get_text()


def test_a_document_goes_out_after_a_look_and_is_taken_back_by_agreement(house):
    clerk, others = house.staff(CLERK), house.others
    document = houses.document(house)
    clerk.open(f"/documents/{document}")
    link = clerk.page().select_one(f"a[href='/documents/{document}/send']")
    assert link is not None, clerk.words()[:600]
    clerk.open(link["href"])
    clerk.send("form[action$='/send']", q="so thu nghiem", do="search")
    box = until(lambda: clerk.page().select_one(f"input[type=checkbox][value='{PARTNER}']") or clerk.send("form[action$='/send']", q="so thu nghiem", do="search") and None)
    clerk.send("form[action$='/send']", **{box["name"]: PARTNER}, do="add")
    assert "Nơi nhận đã chọn (1)" in clerk.words(), clerk.words()[:600]
    clerk.send("form[action$='/send']", do="review")
    assert "Bước 2 trong 2" in clerk.words() and "Sở Thử nghiệm tỉnh A" in clerk.words() and ".pdf" in clerk.words(), clerk.words()[:900]
    clerk.send("form[action$='/send']", do="send")
    dispatch = re.search(r"/outgoing/[\w-]+", work.done(clerk, "done-dispatched")).group()
    inbox = until(lambda: others.data("getReceivedEdocList", servicetype="eDoc", messagetype="edoc"))
    got = base64.b64decode(others.data("getEdoc", b"{}", docId=inbox[0]["docId"], filePath="x")).decode()
    identity = re.search(r"<\w*:?DocumentId>([^<]*)<", got).group(1)
    others.data("updateStatus", b"{}", docId=inbox[0]["docId"], status="done")
    for code, words in (("01", "Đã đến"), ("03", "Đã vào sổ")):
        assert others.send(status(code, identity, words), PARTNER, "status").json()["status"] == "OK"
    until(lambda: "Đã tiếp nhận" in clerk.open(dispatch).get_text() and "Nguyễn Văn B" in clerk.words())
    clerk.open(f"/documents/{document}")
    assert clerk.page().select_one(f"a[href='{dispatch}']") is not None, clerk.words()[-600:]

    clerk.open(dispatch + "/withdraw")
    clerk.send(f"form[action='{dispatch}/withdraw']", reason="")
    assert clerk.answer.status_code == 422 and "Không được để trống" in clerk.words()
    clerk.send(f"form[action='{dispatch}/withdraw']", reason="Ban hành nhầm")
    proposal = re.search(r"/outgoing/[\w-]+", work.done(clerk, "done-dispatch-withdraw")).group()
    inbox = until(lambda: others.data("getReceivedEdocList", servicetype="eDoc", messagetype="edoc"))
    got = base64.b64decode(others.data("getEdoc", b"{}", docId=inbox[0]["docId"], filePath="x")).decode()
    assert re.search(r"BussinessDocType>1<", got) and "Ban hành nhầm" in got
    withdrawal = re.search(r"MessageHeader>.*?<\w*:?DocumentId>([^<]*)<", got, re.S).group(1)
    others.data("updateStatus", b"{}", docId=inbox[0]["docId"], status="done")
    others.send(status("15", withdrawal, "Đồng ý thu hồi"), PARTNER, "status")
    until(lambda: "Đồng ý" in clerk.open(proposal).get_text() and "Đồng ý thu hồi" in clerk.words())


def test_the_clerk_chooses_another_way_and_finds_the_bodies_that_it_reaches(house):
    clerk, out = house.staff(CLERK), house.folder_way / "out"
    document = houses.document(house)
    clerk.open(f"/documents/{document}/send")
    assert [option["value"] for option in clerk.page().select("select[name=way] option")] == ["axis", "folder"]
    boxes = lambda: {box["value"] for box in clerk.page().select("input[type=checkbox]")}  # noqa: E731
    clerk.send("form[action$='/send']", q="so thu nghiem", do="search")
    assert boxes() == {PARTNER}
    clerk.send("form[action$='/send']", way="folder", q="so thu nghiem", do="search")
    assert boxes() == {COURIER} and clerk.page().select_one("select[name=way] option[selected]")["value"] == "folder"
    page = houses.dispatch(clerk, document, COURIER, "so thu nghiem", way="folder")
    written = until(lambda: list(out.glob("*.edoc.edxml")))
    assert len(written) == 1 and f"OrganId>{COURIER}<" in written[0].read_text()
    until(lambda: "Thư mục trao đổi" in clerk.open(page).get_text() and "Đã gửi" in clerk.words())


def test_proposals_are_shown_beside_what_is_kept_and_answered(house):
    """The demo's own: the sender of a registered document asks for it back."""
    clerk = house.staff(CLERK)
    page = ARRIVAL.search(str(clerk.open("/incoming?state=proposal").select_one("main table"))).group()
    clerk.open(page)
    assert "Cơ quan gửi đề nghị thu hồi" in clerk.words() and "Văn bản ban hành nhầm phụ lục" in clerk.words(), clerk.words()[:900]
    clerk.send("form[action$='/decide']", answer="decline", words="")
    assert clerk.answer.status_code == 422
    acted(clerk, page, "decide", "done-arrival-declined", answer="decline", words="Văn bản đang được xử lý")
    assert "không đồng ý" in clerk.words().lower()


def test_packages_held_back_say_why_and_registers_print_in_the_official_form(house):
    clerk = house.staff(CLERK)
    clerk.open("/incoming/quarantine")
    raw = clerk.page().select_one("main a[href$='/package']")
    assert raw is not None, clerk.words()
    assert clerk.request("GET", raw["href"]).content == b'<?xml version="1.0"?><edXML'
    clerk.open("/incoming/register")
    heads = [th.get_text() for th in clerk.page().select("main thead th")]
    assert heads == ["Ngày đến", "Số đến", "Tác giả", "Số, ký hiệu", "Ngày tháng", "Tên loại và trích yếu nội dung",
                     "Đơn vị hoặc người nhận", "Ngày chuyển", "Ký nhận", "Ghi chú"]
    for book in ("/incoming/register", "/outgoing/register?register=nq-ubtvqh"):
        clerk.open(book)
        pdf, table = (clerk.page().select_one(f"main a[href*='format={kind}']")["href"] for kind in ("pdf", "csv"))
        assert clerk.request("GET", pdf).content.startswith(b"%PDF-"), book
        assert clerk.request("GET", table).headers["Content-Type"].startswith("text/csv")
    clerk.open("/axis/figures")
    assert "Bộ Tư pháp" in clerk.words() and clerk.page().select_one("main svg") is not None


def test_nobody_without_an_account_and_no_other_unit_sees_anything(house):
    for path in ("/incoming", "/outgoing", "/incoming/quarantine", "/axis/figures"):
        answer = requests.get(house.base + path, timeout=30, allow_redirects=False)
        assert answer.status_code == 303 and "/login" in answer.headers["Location"], path
    other = house.staff("expert@vu-thu-ky")
    assert "Chưa" in other.open("/incoming").get_text() or "Không có văn bản nào" in other.words()
    for path in ("/outgoing", "/incoming/quarantine", "/axis/figures", "/incoming/register"):
        assert other.request("GET", path).status_code == 404, path


@pytest.fixture(scope="module")
def judged(house, engine):
    clerk, head = house.staff(CLERK), house.staff(HEAD)
    arrival = ARRIVAL.search(str(clerk.open("/incoming?state=new").select_one("main table"))).group()
    waiting = ARRIVAL.search(str(head.open("/incoming?q=7816").select_one("main table"))).group()
    dispatch = re.search(r"/outgoing/dispatch-[\w]+", str(clerk.open("/outgoing").select_one("main table"))).group()
    document = houses.document(house)
    paths = ["/incoming", "/incoming?state=proposal", arrival, "/incoming/quarantine", "/incoming/register", "/outgoing", dispatch,
             dispatch + "/withdraw", "/outgoing/register", f"/documents/{document}/send", f"/documents/{document}", "/axis/figures"]
    walk = [{"role": "axis-clerk", "cookies": clerk.cookies(), "paths": paths if engine == "sqlite" else paths[:3]},
            {"role": "axis-head", "cookies": head.cookies(), "paths": [waiting]}]
    order = {"base": house.base, "out": str(OUT / "pages") if engine == "sqlite" else None, "visits": walk}
    done = subprocess.run(["node", "axe.mjs"], input=json.dumps(order), text=True, capture_output=True, cwd=ROOT / "tests", timeout=900)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_axe_finds_nothing_on_the_pages_of_the_desk(judged):
    assert judged and [(p["role"], p["path"], p["width"], p["violations"]) for p in judged if p["violations"]] == []


def test_no_page_of_the_desk_scrolls_sideways_or_reports_an_error(judged):
    wrong = [(p["role"], p["path"], p["width"], p["status"], p["overflow"], p["errors"])
             for p in judged if p["overflow"] or p["errors"] or p["status"] >= 400]
    assert wrong == []


def test_the_journal_verifies_after_all_of_it(house):
    house.run("verify", "--quiet")
