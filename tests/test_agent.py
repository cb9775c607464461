"""Signing with a key that is elsewhere: by the desktop agent in a browser, by hand, and every wrong way back."""

import io
import json
import re
import subprocess

import pytest
import requests
from pyhanko.pdf_utils.reader import PdfFileReader

import agent
from conftest import OUT, ROOT, seeded
from pages import assert_fit
from people import Staff
from test_papers import judged
from work import Line, done, issue_form, step_of

CHAIR = "chairperson@ubtvqh"
TAKEN = {"Status": 0, "Message": "", "DocumentNumber": "", "DocumentDate": ""}


class House:
    """An Assembly whose Chairperson has a certificate of another authority, with the key on a device."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.staff = Staff(program)
        self.line = Line(self.staff)
        self.chair = self.staff(CHAIR)
        self.issuer = agent.Issuer()
        self.token = agent.Token(self.issuer, "Chủ tịch Quốc hội thử nghiệm")
        self.trust()
        self.import_certificate()

    def trust(self) -> None:
        """Two persons put the other authority's root on the trust list."""
        first, second = self.staff.all("admin@", 2)
        fingerprint = self.issuer.certificate.fingerprint(agent.hashes.SHA256()).hex()
        first.open("/trust")
        first.send("main form[action='/trust']", files={"file": ("root.pem", self.issuer.pem())}, name="CA chuyên dùng thử nghiệm",
                   purpose="Chữ ký văn bản", basis="Công văn số 1", fingerprint=fingerprint, code=first.code())
        second.open("/trust")
        second.send("form[action$='/confirm']", fingerprint=fingerprint, code=second.code())
        assert "Chờ người thứ hai" not in second.words(), second.words()[:500]

    def import_certificate(self) -> None:
        """The Chairperson's own certificate takes the place of the one that was issued here."""
        chair, admin = self.chair, self.staff.all("admin@", 1)[0]
        own = chair.open("/account").select_one("main dl a[href^='/people/']")["href"]
        for link in [a["href"] for a in chair.open(own).select("main table a[href^='/certificates/']")]:
            if chair.open(link).select_one("form[action$='/revoke']"):
                chair.send("form[action$='/revoke']", reason="superseded")
        person = own.rsplit("/", 1)[1]
        chair.open("/certificates/requests/new")
        chair.send("main form", body="ubtvqh", letter="Công văn số 2", source="elsewhere", list=person)
        request = chair.answer.url.split("?")[0].removeprefix(self.program.base)
        admin.open(request)
        admin.send("form[action$='/approve']")
        admin.send("form[action$='/identity']", how="Thẻ căn cước", everybody="yes")
        admin.send("form[action$='/import']", files={"file": ("chain.pem", self.token.pem() + self.issuer.pem())}, person=person)
        assert admin.answer.ok and "done=done-enrolment" in admin.answer.url, admin.words()[:600]

    def waiting(self, title: str) -> str:
        """A case that waits for the Chairperson's signature."""
        case = self.line.draft(title)
        while (step := step_of(self.line.expert, case)) != "sign":
            self.line.move(case, step)
        return case

    def prepare(self, case: str) -> dict:
        """The page on which the prepared paper waits; what it tells the agent."""
        self.chair.open(f"/cases/{case}/sign")
        assert "Ký bằng thiết bị của tôi" in self.chair.words(), self.chair.words()[:600]
        self.chair.send(f"form[action='/cases/{case}/sign/device']", code=self.chair.code())
        assert self.chair.answer.status_code == 200, self.chair.words()[:600]
        return json.loads(self.chair.page().select_one("dh-agent")["data-message"])

    def issue(self, case: str) -> bytes:
        """The clerk numbers and seals; the paper that goes out."""
        clerk = self.staff("clerk@vu-hanh-chinh")
        clerk.post(issue_form(clerk, case), allow_redirects=False)
        done(clerk, "done-issued")
        document = re.search(r"document-[0-9a-z]{26}", clerk.open(f"/cases/{case}").prettify()).group()
        for link in clerk.page().select("a[href^='/documents/']"):
            paper = clerk.request("GET", f"{link['href'].split('?')[0]}/paper.pdf")
            if paper.ok and paper.content.count(b"/ETSI.CAdES.detached") == 2:
                return paper.content
        raise AssertionError(f"no sealed paper in {case}: {document}")


@pytest.fixture(scope="module")
def house(engine, tmp_path_factory, request):
    program = seeded(engine, tmp_path_factory, request, "agent")
    program.start()
    yield House(program, tmp_path_factory.mktemp("agent-files"))
    program.stop()


def walk(house, case: str, **more) -> dict:
    order = {"base": house.program.base, "path": f"/cases/{case}/sign", "code": house.chair.code(), "cookies": house.chair.cookies(),
             "out": str(OUT / "agent"), **more}
    done = subprocess.run(["node", "agent.mjs"], input=json.dumps(order), text=True, capture_output=True, cwd=ROOT / "tests", timeout=120)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-2000:]
    return json.loads(done.stdout)


def test_the_chairperson_signs_by_the_agent_in_a_browser_and_the_clerk_seals(house, tmp_path):
    case = house.waiting("Ký bằng phần mềm ký số")
    with agent.running(house.token, tmp_path) as got:
        seen = walk(house, case)
    assert seen["url"].endswith(f"/cases/{case}?done=done-signed"), seen
    assert seen["errors"] == [] and not seen["overflow"], seen
    # Only the page that speaks to the agent may; every other page speaks to this house alone.
    plain, opened = seen["policies"]
    assert "connect-src 'self';" in plain and "connect-src 'self' wss://127.0.0.1:8987;" in opened
    assert opened.replace(" wss://127.0.0.1:8987", "") == plain
    (message,) = got
    assert message["SessionId"] == "" and message["JWTToken"] not in message["FileName"] + message["FileUploadHandler"]
    assert step_of(house.line.expert, case) == "issue"
    paper, roots = tmp_path / "paper.pdf", tmp_path / "roots.pem"
    paper.write_bytes(house.issue(case))
    roots.write_text(house.program.run("trust").stdout)
    # The agent put no time stamp on its signature: a job soon adds one over the whole, which pyHanko, unlike the standard,
    # takes for a change of a form that the seal has locked.
    _, seal, *stamps = judged(paper, roots)
    assert seal["intact"] and seal["valid"] and seal["trusted"] and seal["stamped"], seal
    assert stamps or (seal["bottom_line"] and seal["coverage"] == "ENTIRE_FILE"), seal
    assert all(stamp["bottom_line"] for stamp in stamps), stamps
    (tmp_path / "other.pem").write_bytes(house.issuer.pem())
    signature, *_ = judged(paper, tmp_path / "other.pem")
    assert signature["intact"] and signature["valid"] and signature["trusted"] and signature["modification"] == "FORM_FILLING", signature
    checked = subprocess.run(["qpdf", "--check", str(paper)], text=True, capture_output=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    # Neither word stands in a log.
    log = house.program.log.read_text()
    assert message["JWTToken"] not in log and message["FileName"].split("/")[-2] not in log


def test_without_an_agent_the_page_says_so_and_nothing_has_happened(house):
    case = house.waiting("Chưa bật phần mềm ký số")
    seen = walk(house, case, out=None)
    assert "Không kết nối được phần mềm ký số" in seen["words"], seen["words"][:500]
    assert step_of(house.line.expert, case) == "sign"


def test_every_wrong_file_is_refused_with_its_reason_and_the_right_one_then_counts_once(house):
    case = house.waiting("Mọi cách trả lại sai")
    message = house.prepare(case)
    token, stranger = house.token, agent.Token(house.issuer, "Người khác")
    paper = requests.get(message["FileName"], timeout=60).content
    foreign = agent.Token(agent.Issuer("CA lạ"), "Người lạ")
    right = token.sign(paper)
    other = house.prepare(house.waiting("Văn bản khác"))
    cut = right[:-700]
    wrong = [
        (paper, "không phải văn bản đã chuẩn bị, hoặc chưa có chữ ký"),
        (token.sign(requests.get(other["FileName"], timeout=60).content), "không phải văn bản đã chuẩn bị"),
        (b"%PDF-1.7 khong phai van ban", "không phải văn bản đã chuẩn bị"),
        (b" " + right, "không phải văn bản đã chuẩn bị"),
        (stranger.sign(paper), "không phải bằng chứng thư đã đăng ký"),
        (foreign.sign(paper), "không phải bằng chứng thư đã đăng ký"),
        (token.sign(paper, before=agent.writes_on_the_page), "Ngoài chữ ký, tệp còn thay đổi khác"),
        (token.sign(paper, before=agent.fills_the_number), "Ngoài chữ ký, tệp còn thay đổi khác"),
        (token.sign(paper, field="ConDau"), "ô dành cho dấu"),
        (stranger.sign(right, field="Them", place=(50, 50, 150, 90)), "đúng một chữ ký; tệp này có 2"),
        (right[:len(paper) + 400] + bytes([right[len(paper) + 400] ^ 1]) + right[len(paper) + 401:], ""),
        (cut, ""),
    ]
    for pdf, reason in wrong:
        answer = agent.bring(message, pdf)
        assert answer["Status"] != 0 and answer["Message"] and reason in answer["Message"], (reason, answer)
        assert step_of(house.line.expert, case) == "sign"
    for word in ("", "v1.AAAA", message["FileName"].split("/")[-2], message["JWTToken"][:-2]):
        answer = agent.bring({**message, "JWTToken": word, "MetaData": [{"Key": "token", "Value": word}]}, right)
        assert answer["Status"] != 0 and "hết hạn hoặc không phải của đồng chí" in answer["Message"], answer
    # A word is for one paper.
    assert agent.bring(other, right)["Status"] != 0
    # The word alone, as metadata, is enough for agents that send no header; a place of the signer's own choice is fine.
    placed = token.sign(paper, field="Chu_ky_so", place=(300, 100, 450, 160))
    answer = agent.bring(message, placed, header=False)
    assert answer.items() >= TAKEN.items() and answer["FileServer"].endswith("/paper.pdf"), answer
    assert step_of(house.line.expert, case) == "issue"
    again = agent.bring(message, placed)
    assert again["Status"] != 0 and "đã được ký" in again["Message"], again
    assert "Chu_ky_so" in [s.field_name for s in PdfFileReader(io.BytesIO(house.issue(case))).embedded_signatures]


def test_without_javascript_the_paper_is_downloaded_signed_and_uploaded_by_forms(house):
    case = house.waiting("Tải về, ký, tải lên")
    chair = house.chair
    house.prepare(case)
    waiting = chair.answer
    chair.send(f"form[action='/cases/{case}/sign/device/paper']")
    assert chair.answer.headers["Content-Type"] == "application/pdf" and "attachment" in chair.answer.headers["Content-Disposition"]
    paper = chair.answer.content
    chair.answer = waiting
    assert_fit(house.program.base, OUT / "agent", ("sign-device", waiting))
    upload = f"form[action='/cases/{case}/sign/device/signed']"
    chair.send(upload, files={"file": ("van-ban.pdf", paper)})
    assert chair.answer.status_code == 409 and "chưa có chữ ký" in chair.words(), chair.words()[:400]
    assert "connect-src 'self' wss://127.0.0.1:8987;" in chair.answer.headers["Content-Security-Policy"]
    # The same word in another's hands is nothing.
    form = chair.fill(upload, files={"file": ("van-ban.pdf", house.token.sign(paper))})
    clerk = house.staff("clerk@vu-hanh-chinh")
    clerk.open(f"/cases/{case}")
    stolen = {**form.fields, "_csrf": clerk.page().select_one("input[name=_csrf]")["value"]}
    assert clerk.request("POST", form.action, data=stolen, files=form.files).status_code in (403, 404, 409)
    assert step_of(house.line.expert, case) == "sign"
    chair.post(form, allow_redirects=False)
    assert done(chair, "done-signed")
    assert step_of(house.line.expert, case) == "issue"
    chair.post(form, allow_redirects=False)
    assert chair.answer.status_code == 409, chair.words()[:300]
    house.issue(case)


def test_a_fresh_code_is_asked_before_the_paper_is_prepared(house):
    case = house.waiting("Mã xác thực")
    chair = house.chair
    chair.open(f"/cases/{case}/sign")
    used = chair.code()
    for code in ("", "000000"):
        chair.send(f"form[action='/cases/{case}/sign/device']", code=code)
        assert chair.answer.status_code >= 400 and "dh-agent" not in chair.answer.text
        chair.open(f"/cases/{case}/sign")
    chair.send(f"form[action='/cases/{case}/sign/device']", code=used)
    assert "dh-agent" in chair.answer.text
    # Somebody else cannot prepare it at all.
    expert = house.line.expert
    expert.open(f"/cases/{case}")
    token = expert.page().select_one("input[name=_csrf]")["value"]
    answer = expert.request("POST", f"/cases/{case}/sign/device", data={"_csrf": token, "_once": "x", "_version": "9", "code": expert.code()})
    assert answer.status_code >= 400 and "dh-agent" not in answer.text
    # Who signs with a key that is kept here is not asked to go elsewhere.
    assert "Ký bằng thiết bị của tôi" not in house.staff("secretary-general@vpqh").open("/").get_text()


def test_words_end_after_their_time_and_leave_the_case_as_it_was(house):
    case = house.waiting("Hết hạn")
    message = house.prepare(case)
    signed = house.token.sign(requests.get(message["FileName"], timeout=60).content)
    program = house.program
    program.stop()
    program.ahead += 16 * 60
    program.start()
    assert requests.get(message["FileName"], timeout=60).status_code == 404
    answer = agent.bring(message, signed)
    assert answer["Status"] != 0 and "hết hạn" in answer["Message"], answer
    assert step_of(house.line.expert, case) == "sign"
    assert "everything is as it was recorded" in program.run("verify", "--quiet").stdout
