"""Makes one verdict from the reports of the sensors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from firmware.verdict.advice import Advice
from firmware.verdict.coverage import caught_by_kind
from firmware.verdict.evidence.likelihoods import Likelihoods, packaged_likelihoods
from firmware.verdict.explain import contributions, next_step
from firmware.verdict.fusion import Find, SensorReport, SensorTerms, mix, posterior, sensor_terms
from firmware.verdict.levels import LevelKeeper, Signs
from firmware.verdict.minimum import Minimum, minimum_for, shortfalls
from firmware.verdict.model import Verdict
from firmware.verdict.subjects import classify, names_a_camera, over_check
from hw.types import SENSOR_NAMES, SensorName


class Judge:
    """Makes the verdict on a room as often as asked; keeps no state but the level it gave last."""

    def __init__(
        self, *, prior: float, table: Likelihoods | None = None, minimum: Minimum | None = None
    ) -> None:
        self.table = packaged_likelihoods() if table is None else table
        self.minimum = minimum_for("unknown") if minimum is None else minimum
        self.prior = prior
        self._keeper = LevelKeeper(self.table.levels)

    def afresh(self, minimum: Minimum | None = None) -> Judge:
        """Return a judge for the next room: the same knowledge, no level to keep."""
        return Judge(prior=self.prior, table=self.table, minimum=minimum or self.minimum)

    @property
    def settled(self) -> bool:
        """True where the same reports, judged again later, would give the same verdict: no level is held."""
        return self._keeper.settled

    def judge(
        self, reports: Sequence[SensorReport], *, t_ns: int, running: Sequence[SensorName] = ()
    ) -> Verdict:
        """Return the verdict at ``t_ns`` from one report for each sensor; one without is missing."""
        table = self.table
        says = [sensor_terms(r, table) for r in reports if r.coverage is not None or r.evidence]
        rows = mix(says, table)
        log_lr = math.log(sum(row.product for row in rows))
        coverages = [r.coverage for r in reports if r.coverage is not None]
        caught = caught_by_kind(coverages, table)
        share = sum(weight * caught[kind] for kind, weight in table.weights.items())
        short = shortfalls(self.minimum, reports)
        signs = _signs(says, reports, log_lr, share, table)
        rule = self._keeper.update(replace(signs, short=bool(short)), t_ns)
        listed = contributions(says, reports, table)
        return Verdict(
            level=rule.level,
            probability=posterior(self.prior, log_lr),
            prior=self.prior,
            log_lr=log_lr,
            share_caught=share,
            coverage=_headline(reports),
            contributions=listed,
            blind_to=tuple(f"kind.{k}" for k, c in caught.items() if c < table.levels.blind_below),
            advice=Advice(
                partial(
                    next_step,
                    rule.level,
                    tuple(reports),
                    tuple(running),
                    table,
                    scope=self.minimum.sensors,
                )
            ),
            rule=rule.key,
            failed=tuple(r.sensor for r in reports if r.failed or r.deaf),
            agreement=log_lr - sum(c.log_lr for c in listed),
            arithmetic=rows,
            scope=self.minimum.sensors,
            short_of=short,
            subjects=classify(says, rule.level, table),
        )


def _headline(reports: Sequence[SensorReport]) -> Mapping[SensorName, float | None]:
    shares = {r.sensor: None if r.coverage is None else r.coverage.share for r in reports}
    return {name: shares.get(name) for name in SENSOR_NAMES}


def _strongest(finds: Iterable[Find]) -> float:
    return max((f.strength for f in finds), default=-math.inf)


def _signs(
    says: Sequence[SensorTerms],
    reports: Sequence[SensorReport],
    room: float,
    share: float,
    table: Likelihoods,
) -> Signs:
    finds = [find for say in says for find in say.finds]
    return Signs(
        room_nats=room,
        by_sensor={say.sensor: say.best for say in says},
        groups={name: sensor.group for name, sensor in table.senses.items()},
        over_nats=max((over_check(find, table) for find in finds), default=-math.inf),
        confirmed_nats=_strongest(f for f in finds if f.evidence.confirmed),
        picture_nats=_strongest(f for f in finds if f.evidence.confirmed and f.evidence.sensor == "rf"),
        share_caught=share,
        heard=any(r.heard for r in reports),
        failed=any(r.failed for r in reports),
        named=any(names_a_camera(find.evidence) for find in finds),
        disturbed=any(find.evidence.sign.startswith("disturbed") for find in finds),
    )
