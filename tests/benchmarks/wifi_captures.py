"""What the verdict says of every recording made by other people: one row a file.

    python -m tests.benchmarks.wifi_captures [FOLDER …]

The folders default to ``../shared/data/wifi`` and ``../shared/data/ble`` beside the checkout. With
``ANSIM_RECORD=1`` each verdict becomes a row of RESULTS.md.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from firmware.verdict.evidence.weigh import weigh
from firmware.verdict.fusion import SensorReport
from firmware.verdict.judge import Judge
from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import EndOfRecording, HwError
from hw.kit import open_device
from tests.benchmarks.results import record
from wifiscan.config import BleScanConfig, WifiConfig
from wifiscan.scanner import BleScanner, WifiScanner

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
STANDARD = [SHARED / "wifi", SHARED / "ble"]
PRIOR = 0.005
COMMAND = "python -m tests.benchmarks.wifi_captures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The verdict on one recording."""

    name: str
    level: str
    probability: float
    share_caught: float
    best: str  # subject of the strongest find
    score: float
    reason: str = ""


def replayed(path: Path, role: str) -> WifiScanner | BleScanner:
    """Replay a recording through one sensor to its end. Raises `HwError` where it cannot be replayed."""
    clock = ManualClock()
    device = open_device(role, spec=f"replay:{path}", config=HwConfig(), clock=clock)
    scanner: WifiScanner | BleScanner
    if role == "monitor":
        scanner = WifiScanner(radio=device, clock=clock, config=WifiConfig())
    else:
        scanner = BleScanner(radio=device, clock=clock, config=BleScanConfig())
    try:
        while True:
            scanner.step()
    except EndOfRecording:
        scanner.finish()
    return scanner


def judged(path: Path, role: str) -> Row:
    """Replay a recording through one sensor and judge it. Raises `HwError` where it cannot be replayed."""
    return verdict_of(replayed(path, role), path.name)


def verdict_of(scanner: WifiScanner | BleScanner, name: str) -> Row:
    """Judge what one sensor found."""
    judge = Judge(prior=PRIOR)
    found = [weigh(o, judge.table) for o in scanner.observations()]
    evidence = tuple(e for e in found if e is not None)
    now_ns = max((o.last_ns for o in scanner.observations()), default=0)
    report = SensorReport(
        sensor=scanner.name,
        coverage=scanner.coverage(),
        evidence=evidence,
        candidates=len(evidence),
        now_ns=now_ns,
        heard=scanner.counts().read > 0,
    )
    verdict = judge.judge([report], t_ns=now_ns)
    best = max(evidence, key=lambda e: e.log_lr, default=None)
    return Row(
        name=name,
        level=verdict.level.value,
        probability=verdict.probability,
        share_caught=verdict.share_caught,
        best=best.subject if best else "",
        score=max((o.camera_score for o in scanner.observations()), default=0.0),
        reason=best.reason if best else "",
    )


def rows(folders: list[Path]) -> Iterator[Row | tuple[str, str]]:
    """Give a row for each recording and sensor, or (name, why not)."""
    for folder in folders:
        for path in sorted(p for p in folder.iterdir() if p.is_file()):
            for role in ("monitor", "ble"):
                try:
                    yield judged(path, role)
                except HwError as error:
                    if (role == "ble") == (folder.name == "ble"):
                        yield path.name, str(error)


def keep(row: Row) -> None:
    """Write a verdict into RESULTS.md, if asked."""
    slug = re.sub("[^a-z0-9]+", "_", row.name.lower()).strip("_")
    note = f"share caught {row.share_caught:.2f}, best score {row.score:.2f}"
    record(f"wifi_captures.{slug}", row.level, "", "python -m tests.benchmarks.wifi_captures", note=note)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="*", default=STANDARD)
    print("| recording | level | probability | share caught | best score | of | reason |")
    print("|---|---|---|---|---|---|---|")
    folders, levels = parser.parse_args().folders, Counter[str]()
    for row in rows(folders):
        if isinstance(row, Row):
            levels[row.level] += 1
            if folders == STANDARD:
                keep(row)
            numbers = f"{row.probability:.3f} | {row.share_caught:.2f} | {row.score:.2f}"
            print(f"| {row.name} | {row.level} | {numbers} | {row.best} | {row.reason} |")
        else:
            print(f"| {row[0]} | not replayed: {row[1]} | | | | | |")
            levels["not_replayed"] += 1
    for level, count in levels.items() if folders == STANDARD else ():
        note = f"of {sum(levels.values())} captures of the standard folders, each by one sensor"
        record(f"wifi.captures_{level}", count, "captures", COMMAND, note=note)


if __name__ == "__main__":
    main()
