"""The bytes that `ansim diag watch` sends down a line: of a simulated room in a terminal of 80×24.

    python -m tests.benchmarks.watch_line [--seconds 30]

A handheld of a simulated room serves its feed; the board runs in a pseudo-terminal, as behind SSH, and what
it writes is counted after its first picture, before SSH compresses or encrypts it.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

from tests.benchmarks.results import record

COMMAND = "python -m tests.benchmarks.watch_line"
PROGRAM = "import sys; sys.argv[0] = 'ansim'; from firmware.cli.app import main; main()"
ANSIM = [sys.executable, "-c", PROGRAM]
ROOM = "sim:wifi-camera"
ROWS, COLUMNS = 24, 80
START_S = 60.0
SETTLED_S = 8.0  # the first picture, and the sensors' start
PAUSES_S = {"usual": 0.5, "slow": 2.0}


def read_for(line: int, seconds: float) -> int:
    """Return the bytes that come from a terminal in a time."""
    until, count = time.monotonic() + seconds, 0
    while (left := until - time.monotonic()) > 0:
        if select.select([line], [], [], left)[0]:
            count += len(os.read(line, 65_536))
    return count


def bytes_per_s(socket: Path, *, every_s: float, seconds: float) -> float:
    """Watch a feed in a terminal of 80×24 and return the bytes a second that the board writes."""
    line, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    words = [*ANSIM, "diag", "watch", "--socket", str(socket), "--every", str(every_s)]
    environ = {**os.environ, "TERM": "xterm-256color"}
    board = subprocess.Popen(words, stdin=terminal, stdout=terminal, stderr=terminal, env=environ)
    try:
        select.select([line], [], [], START_S)
        read_for(line, SETTLED_S)
        count = read_for(line, seconds)
        if not count or board.poll() is not None:
            raise SystemExit("The board wrote nothing, or ended before the time was over")
        return count / seconds
    finally:
        board.terminate()
        read_for(line, 1.0)
        board.wait(timeout=20)
        os.close(terminal)
        os.close(line)


def main() -> None:
    """Measure, print, and write the figures where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=30.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "feed.sock"
        words = [*ANSIM, "run", "--kit", ROOM, "--window", "--no-browser", "--feed", str(socket)]
        unit = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
        try:
            until = time.monotonic() + START_S
            while not socket.exists() and time.monotonic() < until:
                time.sleep(0.1)
            for name, every_s in PAUSES_S.items():
                rate = bytes_per_s(socket, every_s=every_s, seconds=seconds) / 1000
                print(f"--every {every_s}: {rate:.2f} kB/s")
                note = f"`--every {every_s:g}`, {ROOM}, {COLUMNS}×{ROWS}, {seconds:.0f} s"
                record(f"diag.watch_{name}", f"{rate:.2f}", "kB/s", COMMAND, note=note)
        finally:
            unit.terminate()
            unit.wait(timeout=30)


if __name__ == "__main__":
    main()
