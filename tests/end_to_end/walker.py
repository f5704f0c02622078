"""Walks through simulated rooms and holds every frame, JSON line and record word against the invariants.

=======  ====================================================================================
earned   NOTHING_FOUND is said only where nothing is short of the minimum
latched  the level never falls within an inspection
marked   the rows that a screen marks are findings of the verdict, and no others
same     headline, JSON line, record and exit code say one level
named    every CHECK and LIKELY_CAMERA has a finding
bound    the share caught is not above what the coverage allows
where    every CHECK and LIKELY_CAMERA says on the result and in JSON where its findings are
fits     no number stands beside an alarm that it contradicts
answer   page, list, record and paper agree on what came of an alarm; without one nothing is signed
written  list, record, tables, paper, page, feed and commands tell the verdict's word and its findings
=======  ====================================================================================
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from firmware.cli import jsonl
from firmware.cli.errors import LEVEL_EXIT, Exit
from firmware.handheld.result_view import result_view
from firmware.handheld.screen.view_model import from_snapshot
from firmware.i18n.catalog import Language
from firmware.inspection.state import InspectionState
from firmware.records.resolutions import Resolution
from firmware.records.save_scan import scanned_of
from firmware.runtime.session import inspect
from firmware.settings.settings import Settings, load_settings
from firmware.verdict.coverage import most_by_kind
from firmware.verdict.engine import Snapshot
from firmware.verdict.evidence.likelihoods import Likelihoods, designed_likelihoods
from firmware.verdict.levels import ALARMS, RANK
from firmware.verdict.model import Level
from hw.types import SensorName
from tests.end_to_end.answering import answer as give_answer
from tests.end_to_end.outputs import disagreements

TOLERANCE = 1e-9
RESULT = InspectionState(stage="result", inspection_id="w")
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
        self,
        scene: str,
        *,
        duration_s: float,
        only: set[SensorName],
        langs: Iterable[Language],
        answer: Resolution | None = None,
    ) -> None:
        """Walk through one scene for ``duration_s`` with some sensors, and perhaps answer its alarm."""
        where = f"{scene} {duration_s:g} s {'+'.join(sorted(only))}"
        watch = self.watcher(where, langs)
        outcome = inspect(f"sim:{scene}", self.settings, only=only, until_s=duration_s, watch=watch)
        if answer is not None:
            self.answered(outcome.snapshot, answer, where, langs)
        self.end(outcome.snapshot, where, langs)
        self.written(outcome.snapshot, where, langs)

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

    def answered(self, snapshot: Snapshot, word: Resolution, where: str, langs: Iterable[Language]) -> None:
        """Answer the alarm of a room that is over; in a room without one the answer must be refused."""
        with TemporaryDirectory() as folder:
            told = give_answer(snapshot, word, Path(folder), settings=self.settings, langs=langs)
        refused = bool(told.trouble) and told.listed == told.record == ""
        holds = refused if snapshot.verdict.alarm is None else told.agree(word) and not told.trouble
        self._hold("answer", holds, where, snapshot)

    def written(self, snapshot: Snapshot, where: str, langs: Iterable[Language]) -> None:
        """Store a room that is over, and hold everything that is written of it against its verdict."""
        with TemporaryDirectory() as folder:
            wrong = list(disagreements(snapshot, Path(folder), settings=self.settings, langs=langs))
        self._hold("written", not wrong, f"{where}: {', '.join(wrong)}", snapshot)

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
        *_, last = jsonl.lines((), (), verdict, snapshot.whereabouts)
        said = json.loads(last)
        self._where(snapshot, said, where)
        record = scanned_of(snapshot, self.settings).verdict
        listed = {s["subject"] for s in (*said["subjects"], *(said["alarm"] or {"subjects": []})["subjects"])
                  if s["word"] == "finding"}  # fmt: skip
        same = said["level"] == verdict.level.value == record.level.value and listed == verdict.findings
        self._hold("same", same and LEVEL_EXIT[said["level"]] is EXITS[verdict.level], where, snapshot)

    def _where(self, snapshot: Snapshot, said: dict[str, Any], where: str) -> None:
        verdict = snapshot.verdict
        if verdict.level not in ALARMS:
            return
        located = {w["subject"] for w in said.get("whereabouts", ())}
        view = result_view(RESULT, verdict, snapshot.whereabouts)
        named = [line.key for line in view.lines if line.key.startswith("where.")]
        self._hold("where", located == verdict.findings and bool(named), where, snapshot)

    def _screen(self, snapshot: Snapshot, where: str, lang: Language) -> None:
        state = from_snapshot(snapshot, lang=lang)
        findings = snapshot.verdict.findings
        contradicts = state.level in ALARMS and state.number_fits and state.probability < state.prior
        self._hold("fits", not contradicts, where, snapshot)
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
