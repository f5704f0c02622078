"""Walks through simulated rooms and holds every frame, JSON line and record word against the invariants.

=======  ====================================================================================
earned   NOTHING_FOUND is said only where nothing is short of the minimum
latched  the level never falls within an inspection
marked   the rows that a screen marks are findings of the verdict, and no others
same     headline, JSON line, record and exit code say one level
named    every CHECK and LIKELY_CAMERA has a finding
bound    the share caught is not above what the coverage allows
=======  ====================================================================================
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from firmware.cli import jsonl
from firmware.cli.errors import LEVEL_EXIT, Exit
from firmware.handheld.screen.view_model import from_snapshot
from firmware.i18n.catalog import Language
from firmware.records.save_scan import scanned_of
from firmware.runtime.session import inspect
from firmware.settings.settings import Settings, load_settings
from firmware.verdict.coverage import most_by_kind
from firmware.verdict.engine import Snapshot
from firmware.verdict.evidence.likelihoods import Likelihoods, designed_likelihoods
from firmware.verdict.levels import ALARMS, RANK
from firmware.verdict.model import Level
from hw.types import SensorName

TOLERANCE = 1e-9
EXITS = {
    Level.NOTHING_FOUND: Exit.NOTHING_FOUND, Level.INCONCLUSIVE: Exit.INCONCLUSIVE,
    Level.CHECK: Exit.SUSPICIOUS, Level.LIKELY_CAMERA: Exit.SUSPICIOUS,
}  # fmt: skip


@dataclass
class Walk:
    """What was walked and what was violated, by invariant."""

    settings: Settings = field(default_factory=load_settings)
    table: Likelihoods = field(default_factory=designed_likelihoods)
    frames: int = 0
    walked_s: float = 0.0
    levels: Counter[str] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def room(
        self, scene: str, *, duration_s: float, only: set[SensorName], langs: Iterable[Language]
    ) -> None:
        """Walk through one scene for ``duration_s`` with some sensors, on screens of some languages."""
        where = f"{scene} {duration_s:g} s {'+'.join(sorted(only))}"
        watch = self.watcher(where, langs)
        outcome = inspect(f"sim:{scene}", self.settings, only=only, until_s=duration_s, watch=watch)
        self.end(outcome.snapshot, where, langs)

    def watcher(self, where: str, langs: Iterable[Language]) -> Callable[[Snapshot], bool]:
        """Return a function that holds each snapshot of one walk against every invariant."""
        highest: dict[int, int] = {}

        def watch(snapshot: Snapshot) -> bool:
            self.frame(snapshot, where, langs)
            rank = RANK[snapshot.verdict.level]
            self._hold("latched", rank >= highest.get(snapshot.inspection, 0), where, snapshot)
            highest[snapshot.inspection] = max(rank, highest.get(snapshot.inspection, 0))
            return False

        return watch

    def end(self, snapshot: Snapshot, where: str, langs: Iterable[Language]) -> None:
        """Hold the last snapshot of a walk against everything, and count the walk."""
        self.frame(snapshot, where, langs)
        self.walked_s += snapshot.elapsed_s
        self.levels[snapshot.verdict.level.value] += 1

    def frame(self, snapshot: Snapshot, where: str, langs: Iterable[Language]) -> None:
        """Hold one snapshot against everything that can be asked of it alone."""
        verdict = snapshot.verdict
        self.frames += 1
        earned = verdict.level is not Level.NOTHING_FOUND or not verdict.short_of
        self._hold("earned", earned, where, snapshot)
        self._hold("named", verdict.level not in ALARMS or bool(verdict.findings), where, snapshot)
        most = most_by_kind(list(snapshot.coverages), self.table)
        bound = sum(weight * most[kind] for kind, weight in self.table.weights.items())
        self._hold("bound", verdict.share_caught <= bound + TOLERANCE, where, snapshot)
        for lang in langs:
            self._screen(snapshot, where, lang)
        *_, last = jsonl.lines((), (), verdict)
        said = json.loads(last)
        record = scanned_of(snapshot, self.settings).verdict
        listed = {s["subject"] for s in (*said["subjects"], *(said["alarm"] or {"subjects": []})["subjects"])
                  if s["word"] == "finding"}  # fmt: skip
        same = said["level"] == verdict.level.value == record.level.value and listed == verdict.findings
        self._hold("same", same and LEVEL_EXIT[said["level"]] is EXITS[verdict.level], where, snapshot)

    def _screen(self, snapshot: Snapshot, where: str, lang: Language) -> None:
        state = from_snapshot(snapshot, lang=lang)
        findings = snapshot.verdict.findings
        self._hold("same", state.level is snapshot.verdict.level, where, snapshot)
        shown = [o for o in snapshot.observations if o.subject in findings]
        devices = sum(row.alert for row in state.devices)
        lines = sum(line.alert for line in state.spectrum.lines)
        wanted = {k: sum(o.type_name in kinds for o in shown) for k, kinds in KINDS.items()}
        self._hold("marked", devices == wanted["devices"], where, snapshot)
        self._hold("marked", lines <= wanted["lines"], where, snapshot)

    def _hold(self, name: str, holds: bool, where: str, snapshot: Snapshot) -> None:
        if holds:
            return
        self.violations[name] += 1
        if len(self.examples) < EXAMPLES_MOST:
            self.examples.append(f"{name}: {where} at {snapshot.elapsed_s:.1f} s")


EXAMPLES_MOST = 20
KINDS = {"devices": {"station", "access_point", "ble"}, "lines": {"emission"}}
