"""What one inspected room comes down to: truth, verdict over time, and each sense's best finds by sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from firmware.sensor import Observation
from firmware.verdict.coverage import kinds_covered
from firmware.verdict.evidence.likelihoods import Kind, Likelihoods, packaged_likelihoods
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.evidence.proximity import LevelSpan, hear
from firmware.verdict.evidence.weigh import key_of, weigh
from firmware.verdict.model import Verdict
from hw.types import SensorName
from tests.benchmarks.rooms.draw import Case, Truth
from tests.benchmarks.rooms.playback import Moment, Played, play
from tests.benchmarks.rooms.senses import Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """The best subject of one sign in one room: its raw score (logit), and among how many it was the best."""

    raw_nats: float
    poses: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SenseRow:
    """One sense in one room."""

    share: float
    covered: Mapping[Kind, float]
    best: Mapping[str, Find]  # by sign
    candidates: int
    lost: bool
    cost_s: float
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One room."""

    name: str
    haste: str
    truth: Truth
    senses: Mapping[SensorName, SenseRow]
    moments: tuple[Moment, ...]
    verdict: Verdict


def row_of(case: Case, timelines: Mapping[SensorName, Timeline], *, table: Likelihoods | None = None) -> Row:
    """Judge one room and sum it up."""
    table = packaged_likelihoods() if table is None else table
    played: Played = play(case, timelines, table=table)
    return Row(
        name=case.name,
        haste=case.walk.haste,
        truth=case.truth,
        senses={name: sense_row(t, table) for name, t in timelines.items()},
        moments=played.moments,
        verdict=played.last.verdict,
    )


def evidence_of(timeline: Timeline, table: Likelihoods) -> list[Evidence]:
    """Return the last evidence on every subject a sense ever named."""
    latest: dict[tuple[str, str], Observation] = {}
    heard: dict[tuple[str, str], LevelSpan | None] = {}
    for o in (*(o for step in timeline.steps for o in step.changed), *timeline.table):
        latest[key_of(o)] = o
        heard[key_of(o)] = hear(heard.get(key_of(o)), o.level_db)
    return [e for e in (weigh(o, table, heard[k]) for k, o in latest.items()) if e is not None]


def sense_row(timeline: Timeline, table: Likelihoods) -> SenseRow:
    """Sum up one sense."""
    best: dict[str, Find] = {}
    evidence = evidence_of(timeline, table)
    for e in evidence:
        sign = f"{e.sign}!" if e.confirmed else e.sign
        if sign not in best or e.raw_nats > best[sign].raw_nats:
            best[sign] = Find(raw_nats=e.raw_nats, poses=int(e.params.get("poses", 0)))
    last = timeline.steps[-1]
    return SenseRow(
        share=last.coverage.share,
        covered=kinds_covered(last.coverage, table),
        best=best,
        candidates=len(evidence),
        lost=last.lost is not None,
        cost_s=timeline.cost_s,
        steps=len(timeline.steps),
    )
