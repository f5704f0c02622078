"""Lists the steps from scores and coverage to the likelihood ratios of a verdict, to be checked by hand.

The ``arithmetic`` of a verdict shows the last step; the ones before it are here: for each sensor and kind
the coverage, Pd and Pfa behind its silence, and for each find the score, what the table makes of it, and what
it loses to its competitors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from firmware.verdict.coverage import kinds_covered
from firmware.verdict.evidence.likelihoods import KINDS, Kind, Likelihoods
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.fusion import correction_nats, silence_lr
from hw.types import Coverage, SensorName


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceStep:
    """The likelihood ratio ``lr`` of finding nothing of a kind: (1 − c·max(Pd, Pfa)) / (1 − c·Pfa)."""

    sensor: SensorName
    kind: Kind
    coverage: float
    pd: float
    pfa: float
    lr: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindStep:
    """The steps from a score to nats: ``said_nats`` by the table, less ``lost_nats`` to its competitors."""

    sensor: SensorName
    subject: str
    sign: str
    score_nats: float
    said_nats: float
    lost_nats: float
    kinds: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """All steps of one verdict."""

    silences: tuple[SilenceStep, ...]
    finds: tuple[FindStep, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the ``working`` line."""
        return {
            "type": "working",
            "silences": [asdict(s) for s in self.silences],
            "finds": [asdict(f) for f in self.finds],
        }


def work_out(
    coverages: Sequence[Coverage],
    findings: Sequence[Evidence],
    candidates: Mapping[SensorName, int],
    table: Likelihoods,
) -> Derivation:
    """Return the steps behind a verdict.

    Parameters
    ----------
    coverages : sequence of Coverage
        What each sensor covered; a missing sensor has none.
    findings : sequence of Evidence
        The strongest evidence; only what speaks for a camera is written out.
    candidates : mapping
        How many subjects each sensor weighed.
    table : Likelihoods
    """
    silences = [step for c in coverages for step in _silences(c, table)]
    finds = [_find(e, candidates.get(e.sensor, 1), table) for e in findings if e.log_lr > 0.0]
    finds.sort(key=lambda f: (-(f.said_nats - f.lost_nats), f.sensor, f.subject))
    return Derivation(silences=tuple(silences), finds=tuple(finds))


def _silences(coverage: Coverage, table: Likelihoods) -> list[SilenceStep]:
    name = coverage.sensor
    covered = kinds_covered(coverage, table)
    ratios = silence_lr(covered, name, table)
    return [
        SilenceStep(
            sensor=name,
            kind=kind,
            coverage=covered[kind],
            pd=table.by_catch[name, kind].pd,
            pfa=table.senses[name].pfa,
            lr=ratios[kind],
            source=table.by_catch[name, kind].source,
        )
        for kind in KINDS
        if kind in covered
    ]


def _find(evidence: Evidence, candidates: int, table: Likelihoods) -> FindStep:
    loss = correction_nats(candidates, table.senses[evidence.sensor])
    sign = table.by_sign.get(evidence.sign)
    return FindStep(
        sensor=evidence.sensor,
        subject=evidence.subject,
        sign=evidence.sign,
        score_nats=evidence.raw_nats,
        said_nats=evidence.log_lr,
        lost_nats=max(0.0, loss - evidence.headroom_nats),
        kinds=tuple(evidence.log_lr_by_kind),
        source="" if sign is None else sign.source,
    )
