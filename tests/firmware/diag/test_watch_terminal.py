"""The whole command on a real terminal of 80×24, and over a real SSH session where sshd is installed."""

from __future__ import annotations

import fcntl
import getpass
import os
import pty
import re
import select
import shlex
import shutil
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from firmware.diag.feed import EVERY_NS, Feed
from firmware.diag.feed_encoder import make_redactor
from tests.firmware.diag.moments import KEY, short_socket, snapshot

COLUMNS, ROWS = 80, 24
PATIENCE_S = 60.0
PROGRAM = "import sys; sys.argv[0] = 'ansim'; from firmware.cli.app import main; main()"
CURSOR = re.compile(rb"\x1b\[(\d+);(\d+)H")
BYTES_MOST = 30_000  # of everything until the first picture stands: half a minute at 9600 bit/s


class Terminal:
    """A terminal of 80×24 with a command in it; ``said`` is all that came out."""

    def __init__(self, *command: str) -> None:
        self.fd, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environ = os.environ | {"TERM": "xterm-256color", "COLORTERM": ""}
        self.child = subprocess.Popen(
            command, stdin=inside, stdout=inside, stderr=inside, env=environ, start_new_session=True
        )
        os.close(inside)
        self.said = b""

    def until(self, word: str) -> None:
        """Read until a word stands on the screen."""
        end = time.monotonic() + PATIENCE_S
        while word.encode() not in self.said:
            assert time.monotonic() < end, self.said[-2000:]
            if not self.read(0.5):
                pytest.fail(f"it ended: {self.said[-2000:]!r}")

    def read(self, wait_s: float) -> bool:
        """Read what is there; return False where it has ended."""
        if not select.select([self.fd], [], [], wait_s)[0]:
            return True
        try:
            piece = os.read(self.fd, 65536)
        except OSError:  # Linux says so when the other end is closed
            return False
        self.said += piece
        return bool(piece)

    def press(self, key: str) -> None:
        os.write(self.fd, key.encode())

    def end(self) -> int:
        """Wait until it ends by itself; return its exit code."""
        end = time.monotonic() + PATIENCE_S
        while self.read(0.2):
            assert time.monotonic() < end
        os.close(self.fd)
        return self.child.wait(PATIENCE_S)


@contextmanager
def running_unit(folder: Path) -> Iterator[Path]:
    with Feed(short_socket(folder), redact=make_redactor(KEY)) as feed:
        feed.publish(replace(snapshot(), t_ns=EVERY_NS))
        yield feed.path


def watched(terminal: Terminal) -> None:
    """Look at the picture as a person does, and leave."""
    terminal.until("Check")
    terminal.until("Disconnected")
    terminal.until("live")
    assert len(terminal.said) < BYTES_MOST
    places = [(int(y), int(x)) for y, x in CURSOR.findall(terminal.said)]
    assert places
    assert all(y <= ROWS and x <= COLUMNS + 1 for y, x in places)
    assert b"Traceback" not in terminal.said
    assert KEY.pseudonym("a4:cf:12:00:be:ef")[:9].encode() in terminal.said
    assert b"a4:cf:12" not in terminal.said
    terminal.press("q")
    assert terminal.end() == 0
    assert terminal.said.rindex(b"\x1b[?1049l") > terminal.said.rindex(b"live")  # the old screen is back


def test_on_a_terminal_of_80_by_24(tmp_path: Path) -> None:
    with running_unit(tmp_path) as path:
        watched(
            Terminal(sys.executable, "-c", PROGRAM, "diag", "watch", "--socket", str(path), "--lang", "en")
        )


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[list[str]]:
    """A server of our own on this machine with keys of its own; gives the command that enters it."""
    server = shutil.which("sshd") or "/usr/sbin/sshd"
    if not (Path(server).exists() and shutil.which("ssh") and shutil.which("ssh-keygen")):
        pytest.skip("sshd, ssh and ssh-keygen are not installed: the terminal alone was tried")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "Port": port, "ListenAddress": "127.0.0.1", "HostKey": tmp_path / "host", "PidFile": "none",
        "AuthorizedKeysFile": tmp_path / "user.pub", "StrictModes": "no", "UsePAM": "no",
        "PermitRootLogin": "prohibit-password", "PasswordAuthentication": "no",
    }  # fmt: skip
    (tmp_path / "config").write_text("".join(f"{key} {value}\n" for key, value in options.items()))
    running = subprocess.Popen(
        [server, "-D", "-e", "-f", tmp_path / "config"], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    assert running.stderr is not None
    if b"listening" not in running.stderr.readline():
        running.wait(10)
        running.stderr.close()
        pytest.skip("sshd does not start here: the terminal alone was tried")
    quiet = ["-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={tmp_path / 'known'}"]
    quiet += ["-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-F", "none", "-q"]
    key = ["-p", str(port), "-i", str(tmp_path / "user")]
    yield ["ssh", "-tt", *key, *quiet, f"{getpass.getuser()}@127.0.0.1"]
    running.terminate()
    running.wait(10)
    running.stderr.close()


def test_over_ssh(tmp_path: Path, sshd: list[str]) -> None:
    with running_unit(tmp_path) as path:
        enter = f"cd {Path(__file__).parents[3]} && COLORTERM= {sys.executable} -c {shlex.quote(PROGRAM)}"
        watched(Terminal(*sshd, f"{enter} diag watch --socket {path} --lang en"))
