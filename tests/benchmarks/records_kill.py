"""Kill the store at random instants, tear its pages, fill its disk, again and again, and count what was lost.

``python -m tests.benchmarks.records_kill --kills 500 --torn 500 --full 500``

Torn: of a store with `TORN_ENTRIES` entries, with or without its write-ahead log, a page is zeroed, a bit
turned over or the end cut off. It must open, take a new record, and say it where an entry is missing or
changed. Full: a file system of random size is filled with records. Each that was returned must be there, and
new ones must find a place once there is room. Filling needs the right to mount.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from firmware.records.custody.errors import NoSuchRecord, RecordsError
from firmware.records.store import RecordStore
from firmware.settings.records_config import RecordsConfig
from tests.benchmarks.results import record
from tests.firmware.records.appender import CONFIG
from tests.firmware.records.rooms import FakeClock, inspection

ROOT = Path(__file__).parents[2]
APPENDER = "tests.firmware.records.appender"
LONGEST_S = 0.25  # of work before a kill, after the store has said that it is open
EARLY_SHARE = 0.2  # of the kills that fall anywhere from the process's start on: key, schema, recovery
START_S = 0.6
ROOMY = RecordsConfig(free_least_bytes=0)
TORN_ENTRIES, PAGE_BYTES = 12, 4096


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


def damage(path: Path, rng: random.Random) -> None:
    """Spoil a file as a worn-out card does."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        kind = rng.choice(("zero", "flip", "cut"))
        at = rng.randrange(size)
        if kind == "cut":
            file.truncate(at)
        elif kind == "zero":
            file.seek(at // PAGE_BYTES * PAGE_BYTES)
            file.write(bytes(min(PAGE_BYTES, size - file.tell())))
        else:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 1 << rng.randrange(8)]))


def torn(count: int, seed: int, folder: Path) -> tuple[int, int]:
    """Return how often a store with a torn file did not open, and how often it did not say what is gone."""
    rng, refused, silent = random.Random(seed), 0, 0
    log = folder / "log"
    os.environ["ANSIM_ANCHORS"] = str(folder / "anchors")
    store = RecordStore(folder / "whole", config=ROOMY, clock=FakeClock())
    signed = {
        e.row: e.hash for e in (store.append(inspection(store.key, f"r-{n}")) for n in range(TORN_ENTRIES))
    }
    shutil.copytree(folder / "whole", log)
    (log / "records.db-shm").unlink()
    store.close()
    for n in range(count):
        here, source = folder / "torn", rng.choice((folder / "whole", log))
        shutil.copytree(source, here)
        shutil.copytree(folder / "anchors", folder / f"anchors-{n}")
        os.environ["ANSIM_ANCHORS"] = str(folder / f"anchors-{n}")
        files = [p for p in here.glob("records.db*") if p.stat().st_size]
        damage(rng.choice(files), rng)
        try:
            with RecordStore(here, config=ROOMY, clock=FakeClock()) as store:
                store.append(inspection(store.key, "after"))
                kept = {e.row: e.hash for e in store.entries()}
                gone = any(kept.get(row) != digest for row, digest in signed.items())
                silent += gone and store.verify().whole
        except RecordsError as error:
            print(f"refused: {error}")
            refused += 1
        shutil.rmtree(here)
    return refused, silent


def filled_up(count: int, seed: int, folder: Path) -> tuple[int, int]:
    """Return how many records were lost on full file systems, and how often there was no way on with room."""
    rng, lost, refused = random.Random(seed), 0, 0
    os.environ["ANSIM_ANCHORS"] = str(folder / "anchors")
    for n in range(count):
        disk = folder / f"disk-{n}"
        disk.mkdir()
        nodes = rng.choice(("", f",nr_inodes={rng.randrange(12, 60)}"))
        size = f"size={rng.randrange(150, 2000)}k{nodes}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", disk], check=True)
        given: list[str] = []
        try:
            with suppress(RecordsError), RecordStore(disk / "r", config=ROOMY, clock=FakeClock()) as store:
                for k in range(200):
                    picture = store.attachments.put(
                        rng.randbytes(rng.randrange(1, 40_000)), name="p.png", media_type="image/png"
                    )
                    given.append(store.append(inspection(store.key, f"r-{k}", attachments=(picture,))).hash)
            subprocess.run(["mount", "-o", "remount,size=20m,nr_inodes=900", disk], check=True)
            with RecordStore(disk / "r", config=ROOMY, clock=FakeClock()) as store:
                store.append(inspection(store.key, "after"))
                lost += len(set(given) - {e.hash for e in store.entries()}) + (not store.verify().whole)
        except RecordsError as error:
            print(f"refused: {error}")
            refused += 1
        finally:
            subprocess.run(["umount", disk], check=True)
    return lost, refused


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--torn", type=int, default=0)
    parser.add_argument("--full", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wrong = killed(options.kills, options.seed) if options.kills else 0
    for name, count, run_them in (("torn", options.torn, torn), ("full", options.full, filled_up)):
        if not count:
            continue
        with tempfile.TemporaryDirectory() as folder:
            both = run_them(count, options.seed, Path(folder))
        names = {"torn": ("refused", "silent"), "full": ("lost", "refused")}[name]
        command = f"python -m tests.benchmarks.records_kill --kills 0 --{name} {count}"
        for what, value in zip(names, both, strict=True):
            print(f"{name}: {value} {what} of {count}")
            record(f"records.{name}_{what}", value, "", command, seed=options.seed, note=f"of {count}")
        wrong += sum(both)
    sys.exit(bool(wrong))


def killed(kills: int, seed: int) -> int:
    """Kill so often, print and record the tally, and return how much went wrong."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        tally = run(kills, seed, Path(folder))
    print(
        f"{tally.kills} kills, {tally.committed} entries committed, {tally.lost} lost, {tally.broken} chains "
        f"broken, {time.monotonic() - begun:.0f} s"
    )
    command = f"python -m tests.benchmarks.records_kill --kills {tally.kills}"
    for name in ("committed", "lost", "broken"):
        record(f"records.{name}", getattr(tally, name), "", command, seed=seed)
    return tally.lost + tally.broken


if __name__ == "__main__":
    main()
