"""Kill the store at random instants, again and again, and count what was lost.

``python -m tests.benchmarks.records_kill --kills 500``
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from firmware.records.custody.errors import NoSuchRecord
from firmware.records.store import RecordStore
from tests.benchmarks.results import record
from tests.firmware.records.appender import CONFIG
from tests.firmware.records.rooms import FakeClock

ROOT = Path(__file__).parents[2]
APPENDER = "tests.firmware.records.appender"
LONGEST_S = 0.25  # of work before a kill, after the store has said that it is open
EARLY_SHARE = 0.2  # of the kills that fall anywhere from the process's start on: key, schema, recovery
START_S = 0.6


@dataclass
class Tally:
    """What came of many kills."""

    kills: int = 0
    committed: int = 0
    lost: int = 0
    broken: int = 0
    unopened: int = 0
    entries: int = 0
    tombstones: int = 0


def kill_once(folder: Path, rng: random.Random) -> list[tuple[int, str]]:
    """Start an appender, kill it with SIGKILL, and return the (row, id) it had been given."""
    child = subprocess.Popen([sys.executable, "-m", APPENDER, str(folder)], stdout=subprocess.PIPE, cwd=ROOT)
    assert child.stdout is not None
    if rng.random() < EARLY_SHARE:
        time.sleep(rng.uniform(0.0, START_S))
        said = b""
    else:
        said = child.stdout.readline()
        time.sleep(rng.uniform(0.0, LONGEST_S))
    child.send_signal(signal.SIGKILL)
    said += child.stdout.read()
    child.stdout.close()
    child.wait()
    whole = said.decode().rpartition("\n")[0].splitlines()  # a line that was cut was not said
    return [(int(row), name) for row, name in (line.split() for line in whole) if row != "open"]


def look_after(folder: Path, given: list[tuple[int, str]], tally: Tally) -> None:
    """Reopen, verify the chain, and look for every entry that was given."""
    with RecordStore(folder, config=CONFIG, clock=FakeClock()) as store:
        check = store.verify()
        tally.broken += not check.whole
        tally.entries = check.entries
        rows = {entry.row: entry for entry in store.entries(first=max(1, given[0][0] if given else 1))}
        tally.tombstones = len([e for e in rows.values() if e.fields()["kind"] == "tombstone"])
        for row, name in given:
            tally.committed += 1
            entry = rows.get(row)
            tally.lost += entry is None or entry.fields()["id"] != name
        if given:
            newest = given[-1][1]
            try:
                store.stored(newest)
            except NoSuchRecord:
                tally.lost += 1


def run(kills: int, seed: int, folder: Path, *, fresh_every: int = 25) -> Tally:
    """Kill ``kills`` times; a new store is begun now and then, so that its making is killed too."""
    rng, tally = random.Random(seed), Tally()
    for n in range(kills):
        place = folder / f"store-{n // fresh_every}"
        given = kill_once(place, rng)
        tally.kills += 1
        look_after(place, given, tally)
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        tally = run(options.kills, options.seed, Path(folder))
    print(
        f"{tally.kills} kills, {tally.committed} entries committed, {tally.lost} lost, {tally.broken} chains "
        f"broken, {time.monotonic() - begun:.0f} s"
    )
    command = f"python -m tests.benchmarks.records_kill --kills {tally.kills}"
    for name in ("committed", "lost", "broken"):
        record(f"records.{name}", getattr(tally, name), "", command, seed=options.seed)
    sys.exit(bool(tally.lost or tally.broken))


if __name__ == "__main__":
    main()
