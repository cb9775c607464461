"""Letters about deadlines through a real SMTP server (aiosmtpd): one each, nothing secret in them, none lost while it is down."""

import email
import email.policy
import re
import ssl
import subprocess
import time

import pytest
import requests
from aiosmtpd.controller import Controller

import work
from conftest import faketime, free_port, fresh_program
from people import Staff
from test_desk import received

TITLE = "Chương trình thử thư nhắc việc"


class Box:
    """What the mail server took."""

    def __init__(self):
        self.letters = []

    async def handle_DATA(self, server, session, envelope):
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.letters.append((envelope.rcpt_tos, letter))
        return "250 OK"


def daily(box: Box) -> list:
    return [letter for recipients, letter in box.letters if recipients == ["chuyen.vien@quochoi.example"]]


@pytest.mark.skipif(not faketime(), reason="moves the clock with libfaketime")
def test_letters_wait_for_the_mail_server_and_come_once(engine, tmp_path, request):
    port = free_port()
    program = fresh_program(engine, tmp_path, request)
    program.run("demo", "seed", "--data", str(program.data))
    program.env["DIENHONG_MAIL_SERVER"] = f"smtp://127.0.0.1:{port}"
    program.env["DIENHONG_MAIL_FROM"] = "Diên Hồng <khong-tra-loi@quochoi.example>"
    program.start()
    staff = Staff(program)
    clerk = staff("clerk@vu-hanh-chinh")
    clerk.open("/notices")
    clerk.send("form[action='/notices/letters']", letters="each", address="van.thu@quochoi.example")
    assert "Đã lưu cách nhận thư" in clerk.words(), clerk.words()[:400]
    case = received(clerk, TITLE)
    # Another chooses one letter a day.
    expert = staff(work.EXPERT)
    work.open_case(expert, TITLE)
    expert.open("/notices")
    expert.send("form[action='/notices/letters']", letters="daily", address="chuyen.vien@quochoi.example", hour="7")
    assert "Đã lưu cách nhận thư" in expert.words(), expert.words()[:400]
    program.stop()
    program.ahead += 30 * 86_400  # every deadline has passed; no mail server is there
    program.start()
    time.sleep(4)
    box = Box()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        until = time.monotonic() + 90
        while time.monotonic() < until and (len(box.letters) < 4 or not daily(box)):
            time.sleep(0.5)
        assert len(box.letters) >= 4 and daily(box), program.log.read_text()[-2000:]
        time.sleep(3)
        program.stop()
        program.start()
        time.sleep(5)
        assert len(daily(box)) == 1, "one letter a day"
        program.stop()
        program.ahead += 86_400
        program.start()
        until = time.monotonic() + 60
        while time.monotonic() < until and len(daily(box)) < 2:
            time.sleep(0.5)
    finally:
        server.stop()
    ids = [letter["Message-ID"] for _, letter in box.letters]
    assert len(ids) == len(set(ids)), ids
    assert len(daily(box)) == 2, "and one on the next day"
    for letter in daily(box):
        assert str(letter["Subject"]).startswith("Việc hôm nay")
        assert re.search(r"Đang chờ: [1-9]\d* việc; quá hạn: \d+; đến hạn hôm nay: \d+", letter.get_content())
        assert TITLE not in str(letter) and TITLE not in letter.get_content() and "/inbox" in letter.get_content()
    for recipients, letter in box.letters:
        if letter in daily(box):
            continue
        words = letter.get_content()
        assert len(recipients) == 1 and "/notices" in words and "Có một việc đang chờ" in words
        assert TITLE not in str(letter) and case not in str(letter) and not re.search(r"case-[0-9a-z]{26}", words)
    assert requests.get(program.base + "/readyz", timeout=10).ok
    program.stop()


@pytest.mark.skipif(not faketime(), reason="moves the clock with libfaketime")
def test_a_holder_is_told_by_one_letter_each_that_a_certificate_ends(engine, tmp_path, request):
    port = free_port()
    program = fresh_program(engine, tmp_path, request)
    program.run("demo", "seed", "--data", str(program.data))
    program.env["DIENHONG_MAIL_SERVER"] = f"smtp://127.0.0.1:{port}"
    program.env["DIENHONG_MAIL_FROM"] = "Diên Hồng <khong-tra-loi@quochoi.example>"
    program.start()
    box = Box()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        holder = Staff(program)("expert@vu-phap-luat")
        holder.open("/notices")
        holder.send("form[action='/notices/letters']", letters="each", address="chuyen.vien@quochoi.example")
        own = holder.open("/account").select_one("main dl a[href^='/people/']")["href"]
        link = holder.open(own).select_one("main table a[href^='/certificates/']")["href"]
        chain = holder.request("GET", f"{link}/chain.pem").content
        text = subprocess.run(["openssl", "x509", "-noout", "-enddate"], input=chain, capture_output=True, check=True).stdout.decode()
        end = ssl.cert_time_to_seconds(text.strip().split("=", 1)[1])
        told = lambda: [letter for _, letter in box.letters if "chứng thư" in str(letter["Subject"])]
        for count, days in enumerate([89, 29, 6], 1):
            program.stop()
            program.ahead = end - time.time() - days * 86_400
            program.start()
            until = time.monotonic() + 120
            while time.monotonic() < until and len(told()) < count:
                time.sleep(0.5)
            time.sleep(2)
            assert len(told()) == count, (days, [str(letter["Subject"]) for _, letter in box.letters])
    finally:
        server.stop()
    serial = link.rsplit("/", 1)[1]
    for letter in told():
        words = str(letter) + letter.get_content()
        assert str(letter["Subject"]) == "Một chứng thư sắp hết hạn / A certificate ends soon" and "/notices" in words
        assert serial not in words and "Nguyễn" not in words
    holder = Staff(program)("expert@vu-phap-luat")
    page = holder.open("/notices").get_text(" ", strip=True)
    for days in (90, 30, 7):
        assert f"Chứng thư hết hạn sau không quá {days} ngày" in page, page
    assert holder.page().select_one(f"a[href='{link}']")
    program.stop()
