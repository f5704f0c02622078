"""What the unit file starts, run as systemd would: ready, watched, no port, JSON, and a clean stop."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "firmware/systemd"
PROGRAM = "import sys; sys.argv[0] = 'ansim'; from firmware.cli.app import main; main()"
PATIENCE_S = 60.0
SMALL = ("--set", "hw.camera.width_px=320", "--set", "hw.camera.height_px=240")
LISTENING = "0A"  # of /proc/net/tcp


class Running:
    """The service's command with an ear in systemd's place."""

    def __init__(self, folder: Path) -> None:
        self.feed, self.journal = folder / "f", folder / "journal"
        self.ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.ear.bind(str(folder / "n"))
        self.ear.settimeout(PATIENCE_S)
        with self.journal.open("w") as stream:
            here = os.fstat(stream.fileno())
            environ = os.environ | {
                "HOME": str(folder), "XDG_DATA_HOME": str(folder), "NOTIFY_SOCKET": str(folder / "n"),
                "WATCHDOG_USEC": "2000000", "JOURNAL_STREAM": f"{here.st_dev}:{here.st_ino}",
                "OMP_NUM_THREADS": "1",
            }  # fmt: skip
            command = [
                sys.executable,
                "-c",
                PROGRAM,
                "run",
                "--kit",
                "sim:empty-room?unplug=ble@0.5",
                "--feed",
                str(self.feed),
            ]
            self.process = subprocess.Popen(
                [*command, *SMALL, "-v", "--screen", str(folder / "screen.png")],
                env=environ, stdout=subprocess.DEVNULL, stderr=stream, umask=0o077,
            )  # fmt: skip

    def hears(self, word: bytes) -> bytes:
        end = time.monotonic() + PATIENCE_S
        while word not in (said := self.ear.recv(4096)):
            assert time.monotonic() < end
        return said

    def listens_on(self) -> list[str]:
        """Return the addresses on which the process waits for somebody."""
        links = [str(f.readlink()) for f in Path(f"/proc/{self.process.pid}/fd").iterdir() if f.is_symlink()]
        mine = {m[1] for link in links if (m := re.fullmatch(r"socket:\[(\d+)\]", link))}
        rows = [
            (table, row.split())
            for table in ("tcp", "tcp6", "udp", "udp6")
            for row in Path(f"/proc/{self.process.pid}/net/{table}").read_text().splitlines()[1:]
        ]
        return [row[1] for table, row in rows if row[9] in mine and (row[3] == LISTENING or "udp" in table)]


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    if not Path("/proc/self/net/tcp").exists():
        pytest.skip("there is no /proc here to look into")
    with tempfile.TemporaryDirectory() as folder:  # a socket's path must be short
        unit = Running(Path(folder))
        try:
            yield unit
        finally:
            unit.process.kill()
            unit.process.wait()
            unit.ear.close()


def test_it_says_that_it_is_ready_and_alive(running: Running) -> None:
    assert b"STATUS=" in running.hears(b"READY=1")
    running.hears(b"WATCHDOG=1")
    running.hears(b"WATCHDOG=1")


def test_only_its_group_may_watch_and_nothing_listens_on_the_network(running: Running) -> None:
    assert stat.filemode(running.feed.stat().st_mode) == "srw-rw----"
    assert running.listens_on() == []


def test_journald_gets_one_object_a_line(running: Running) -> None:
    until_s, lines = time.monotonic() + PATIENCE_S, list[str]()
    # The first line tells of the lost device, late on a busy machine. Without a panel the picture is named.
    while not lines and time.monotonic() < until_s:
        time.sleep(0.1)
        written = running.journal.read_text().rpartition("\n")[0].splitlines()
        lines = [line for line in written if not line.endswith(".png")]
    assert lines
    assert all({"event", "level", "timestamp"} <= set(json.loads(line)) for line in lines)


def test_it_ends_when_it_is_told_and_systemd_calls_that_success(running: Running) -> None:
    running.process.send_signal(signal.SIGTERM)
    running.hears(b"STOPPING=1")
    code = running.process.wait(PATIENCE_S)
    text = (FOLDER / "ansim.service").read_text()
    fine = re.search(r"^SuccessExitStatus=(.+)$", text, re.MULTILINE)
    assert fine is not None
    assert str(code) in {"0", *fine[1].split()}
    assert not running.feed.exists()


def test_the_bench_has_the_rights_and_folders_of_the_service_and_no_more() -> None:
    unit, bench = (FOLDER / "ansim.service").read_text(), (FOLDER / "ansim-bench").read_text()
    rights = re.search(r"^AmbientCapabilities=(.+)$", unit, re.MULTILINE)
    assert rights is not None
    given = ",".join(f"+{name.removeprefix('CAP_').lower()}" for name in rights[1].split())
    for kind in ("bounding-set", "inh-caps", "ambient-caps"):
        assert f"--{kind}=-all,{given}" in bench
    for name in ("HOME=/var/lib/ansim", "XDG_DATA_HOME=/var/lib", "XDG_CACHE_HOME=/var/lib/ansim/cache"):
        assert name in unit
        assert name in bench
    assert "--no-new-privs" in bench
    assert "trap resume EXIT" in bench  # the service comes back, however the command ends


@pytest.mark.parametrize("name", ["install-pi.sh", "check-arm64.sh", "ansim-bench"])
def test_the_scripts_are_plain_shell_and_executable(name: str) -> None:
    path = FOLDER / name
    assert os.access(path, os.X_OK)
    assert path.read_text().startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", str(path)], check=True)
