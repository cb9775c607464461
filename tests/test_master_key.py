"""The master key under a passphrase and under a key of a PKCS #11 token (SoftHSM 2), as an office sets it up: by configuration
file, `doctor`, `keys protect`."""

import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import binary

MODULE = next((m for m in ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                           "/usr/lib64/pkcs11/libsofthsm2.so") if pathlib.Path(m).exists()), None)


class Office:
    """A folder with a configuration file; SoftHSM keeps its tokens in it."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        (folder / "tokens").mkdir()
        (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("DIENHONG_")}
        self.env["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")

    def secret(self, name: str, text: str) -> pathlib.Path:
        path = self.folder / name
        path.write_text(text + "\n")
        path.chmod(0o600)
        return path

    def configure(self, keys: str) -> None:
        (self.folder / "dienhong.toml").write_text(
            f'[storage]\nurl = "sqlite:house.sqlite"\nblobs = "blobs"\n[web]\nlisten = "127.0.0.1:0"\n[keys]\nmaster = "master.key"\n{keys}'
        )

    def token(self, label: str, pin: str = "2468") -> str:
        self.secret(f"{label}.pin", pin)
        return f'[keys.token]\nmodule = "{MODULE}"\nlabel = "{label}"\npin_file = "{label}.pin"\n'

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([binary(), *arguments], cwd=self.folder, env=self.env, text=True, capture_output=True, timeout=120)

    def fine(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path)


def master_line(told: str) -> str:
    return next(line for line in told.splitlines() if "master key:" in line)


@pytest.mark.skipif(MODULE is None or shutil.which("softhsm2-util") is None, reason="SoftHSM 2 is not installed")
def test_a_house_lives_under_a_token_and_comes_back_from_an_envelope_when_the_token_dies(office):
    for label in ("may-chu", "du-phong"):
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", "2468"],
                       env=office.env, check=True, capture_output=True)
    # Plain once, so that there is something to put into the envelopes.
    office.configure("")
    office.fine("migrate")
    envelope = office.secret("envelope", (office.folder / "master.key").read_text().strip())
    (office.folder / "master.key").unlink()

    office.configure(office.token("may-chu"))
    # Without its key a house is not given another one, under which nothing opens.
    told = office.run("doctor").stdout
    assert master_line(told).startswith("BAD") and "put the copy back" in master_line(told), told
    assert office.run("migrate").returncode != 0 and not (office.folder / "master.key").exists()
    office.fine("keys", "protect", "--from", "envelope")
    text = (office.folder / "master.key").read_text()
    assert text.startswith("token.v1.") and envelope.read_text().strip() not in text
    assert (office.folder / "master.key").stat().st_mode & 0o077 == 0
    told = office.fine("doctor")
    assert "dienhong-master" in master_line(told) and "the tree key opens" in master_line(told), told
    office.fine("verify", "--quiet")

    # Whoever has the file alone has nothing: not without the token, not with a wrong PIN, not with another token.
    office.configure("")
    assert "kept in another way" in office.run("verify", "--quiet").stderr
    office.configure(office.token("may-chu", "1357"))
    told = office.run("doctor").stdout
    assert master_line(told).startswith("BAD") and "PIN" in master_line(told), told
    office.configure(office.token("khong-co"))
    assert "khong-co" in master_line(office.run("doctor").stdout)
    office.configure(office.token("du-phong"))
    assert master_line(office.run("doctor").stdout).startswith("BAD")

    # The token dies: the envelope's digits go under another one, and nothing is written over.
    refused = office.run("keys", "protect", "--from", "envelope")
    assert refused.returncode != 0 and "there already" in refused.stderr
    (office.folder / "master.key").rename(office.folder / "dead.key")
    office.fine("keys", "protect", "--from", "envelope")
    office.fine("verify", "--quiet")


def test_a_house_lives_under_a_passphrase_that_stands_nowhere_in_its_folder(office):
    phrase = "một cụm mật khẩu đủ dài"
    office.secret("passphrase", phrase)
    office.configure('passphrase_file = "passphrase"\n')
    assert "not there yet" in master_line(office.fine("doctor"))
    office.fine("migrate")
    assert (office.folder / "master.key").read_text().startswith("passphrase.v1.")
    assert "passphrase" in master_line(office.fine("doctor"))
    office.secret("passphrase", "một cụm mật khẩu khác hẳn")
    told = office.run("doctor").stdout
    assert master_line(told).startswith("BAD") and "does not open" in master_line(told), told
    office.secret("passphrase", phrase)
    (office.folder / "passphrase").chmod(0o644)
    assert "chmod 600" in master_line(office.run("doctor").stdout)
    office.configure('passphrase_file = "passphrase"\n[keys.token]\nmodule = "x"\n')
    assert "one of them" in master_line(office.run("doctor").stdout)
