"""Fuses evidence and coverage into one number by a mixture over the latent kind of camera.

::

    LR_s(k) = max( (1 − c·max(Pd, Pfa)) / (1 − c·Pfa) ,  exp(nats of the best subject for k) )
    LR      = Σ_k w_k · Π_s LR_s(k) · agreed(k)          posterior odds = prior odds · LR

A sensor speaks for a kind by its best find or by its silence, whichever is larger; a missing sensor is 1
everywhere. Sensors are independent *given the kind*: this keeps a silent radio from clearing a card camera.
Within a sensor subjects are never multiplied: the best one counts, less the room-level correction
``ln max(1, confounder_share · candidates)``, because among many candidates the best looks good by chance.
Of sensors that share their errors (one ``group``) only the strongest find counts; the others at most 1.
Where several groups speak for one kind, the strongest counts in full and of the nats of each other one a
share ``keep``: what they agree on adds what training says, and no more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from firmware.verdict.coverage import kinds_covered
from firmware.verdict.evidence.likelihoods import KINDS, Kind, Likelihoods, SensorLikelihoods
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.model import KindRow
from hw.types import Coverage, SensorName

NS_PER_S = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorReport:
    """The report of one sensor to the fusion.

    ``coverage`` is what counts now (faded when lost, zero when deaf), None for a missing sensor.
    ``candidates`` is the number of subjects that were judged, of which ``evidence`` holds at least the
    strongest. ``now_ns`` is the time up to which this sensor really looked.
    """

    sensor: SensorName
    coverage: Coverage | None
    evidence: Sequence[Evidence] = ()
    candidates: int = 0
    now_ns: int = 0
    heard: bool = True
    failed: bool = False  # it ran and is lost, or its device is not well
    deaf: bool = False  # it ran and heard nothing at all
    known: Sequence[Evidence] = ()  # of things that were declared harmless here: listed, and worth nothing
    looked_s: float = 0.0  # sensor time in which it looked, without the time in which it was lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """The evidence of one subject for the room: ``nats`` by kind, after fading, correction and caps."""

    evidence: Evidence
    nats: Mapping[Kind, float]

    @property
    def strength(self) -> float:
        """Nats for the kind that fits best."""
        return max(self.nats.values(), default=-math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorTerms:
    """Likelihood ratios of one sensor by kind: ``lr`` is the larger of ``silence`` and the best find."""

    sensor: SensorName
    silence: Mapping[Kind, float]
    finds: tuple[Find, ...]  # strongest first
    best: Mapping[Kind, float]  # nats of the best find; -inf where there is none
    lr: Mapping[Kind, float]


def correction_nats(candidates: int, sensor: SensorLikelihoods) -> float:
    """Return the nats that the best of many candidates loses, since one of many looks good by chance.

    Parameters
    ----------
    candidates : int
        How many subjects the sensor weighed.
    sensor : SensorLikelihoods

    Returns
    -------
    float
        Nats, ≥ 0.
    """
    rivals = min(sensor.confounders_most, sensor.confounder_share * candidates)
    return math.log(max(1.0, rivals))


def fade_nats(nats: float, *, age_s: float, sensor: SensorLikelihoods) -> float:
    """Return positive evidence faded by the time its sensor looked without meeting it again.

    Parameters
    ----------
    nats : float
    age_s : float
        Time since it was last met, s.
    sensor : SensorLikelihoods
        How long evidence of the sensor is fresh, and its half-life, s.

    Returns
    -------
    float
        Nats; zero and negative evidence does not fade.
    """
    if nats <= 0.0 or age_s <= sensor.fresh_s:
        return nats
    return nats * float(0.5 ** ((age_s - sensor.fresh_s) / sensor.half_life_s))


def without_idle_time(report: SensorReport, table: Likelihoods, least_s: float) -> SensorReport:
    """Return a report that means the same and does not change with time alone.

    Parameters
    ----------
    report : SensorReport
    table : Likelihoods
        How long evidence is fresh: time matters once it fades.
    least_s : float
        How long the place needs to be looked at, s: time matters until then.

    Returns
    -------
    SensorReport
        With the earliest time and the shortest look of which the same verdict follows.
    """
    fresh_ns = round(table.senses[report.sensor].fresh_s * NS_PER_S)
    latest_ns = max((e.last_ns for e in report.evidence), default=0)
    is_fresh = all(report.now_ns - e.last_ns <= fresh_ns for e in report.evidence)
    now_ns = min(report.now_ns, latest_ns) if is_fresh else report.now_ns
    return replace(report, now_ns=now_ns, looked_s=min(report.looked_s, least_s))


def silence_lr(covered: Mapping[Kind, float], sensor: SensorName, table: Likelihoods) -> dict[Kind, float]:
    """Return, for each kind, the likelihood ratio of finding nothing.

    Parameters
    ----------
    covered : mapping of Kind to float
        From `firmware.verdict.coverage.kinds_covered`, 0…1.
    sensor : SensorName
    table : Likelihoods
        Pd and Pfa.

    Returns
    -------
    dict of Kind to float
        At most 1; 1 for kinds that were not covered.

    Notes
    -----
    Both the chance to catch (Pd) and the chance of a false alarm (Pfa) grow with the coverage: a sensor
    that looked at nothing says nothing. A kind out of reach makes exactly as many false alarms as a clean
    room, hence ``max(Pd, Pfa)``. The ratio never exceeds 1 and never rises with coverage.
    """
    pfa = table.senses[sensor].pfa
    ratios = dict.fromkeys(KINDS, 1.0)
    for kind, share in covered.items():
        pd = max(table.by_catch[sensor, kind].pd, pfa)
        ratios[kind] = (1.0 - share * pd) / (1.0 - share * pfa)
    return ratios


def sensor_terms(report: SensorReport, table: Likelihoods) -> SensorTerms:
    """Return the likelihood ratios of one sensor by kind."""
    covered = {} if report.coverage is None else kinds_covered(report.coverage, table)
    silence = silence_lr(covered, report.sensor, table)
    finds = _limit(tuple(_finds(report, table)), table.senses[report.sensor], table)
    best = {k: max((f.nats[k] for f in finds if k in f.nats), default=-math.inf) for k in KINDS}
    lr = {kind: max(silence[kind], math.exp(best[kind])) for kind in KINDS}
    return SensorTerms(sensor=report.sensor, silence=silence, finds=finds, best=best, lr=lr)


def _finds(report: SensorReport, table: Likelihoods) -> list[Find]:
    sensor = table.senses[report.sensor]
    loss = correction_nats(max(report.candidates, len(report.evidence)), sensor)
    found = []
    for evidence in report.evidence:
        paid = max(0.0, loss - evidence.headroom_nats)
        age_s = max(0, report.now_ns - evidence.last_ns) / NS_PER_S
        by_kind = {k: evidence.log_lr_by_kind[k] for k in KINDS if k in evidence.log_lr_by_kind}
        nats = {k: fade_nats(v - paid, age_s=age_s, sensor=sensor) for k, v in by_kind.items()}
        found.append(Find(evidence=evidence, nats=nats))
    return sorted(found, key=lambda f: (-f.strength, f.evidence.subject, f.evidence.reason))


def _limit(finds: tuple[Find, ...], sensor: SensorLikelihoods, table: Likelihoods) -> tuple[Find, ...]:
    """Keep one sensor's evidence on the whole room under its cap by shrinking what is above neutral."""
    room = math.exp(room_nats(finds, table))
    if room <= math.exp(sensor.cap_nats):
        return finds
    factor = (math.exp(sensor.cap_nats) - 1.0) / (room - 1.0)
    return tuple(
        Find(evidence=f.evidence, nats={k: _shrink(v, factor) for k, v in f.nats.items()}) for f in finds
    )


def _shrink(nats: float, factor: float) -> float:
    return nats if nats <= 0.0 else math.log(1.0 + (math.exp(nats) - 1.0) * factor)


def room_nats(finds: Sequence[Find], table: Likelihoods) -> float:
    """Return the log likelihood ratio that these finds give a room at which nobody has looked otherwise.

    Parameters
    ----------
    finds : sequence of Find
        Finds of one sensor, in any order.
    table : Likelihoods
        The weights of the kinds.

    Returns
    -------
    float
        ``ln Σ_k w_k · max(1, best find for k)``, nats, ≥ 0.
    """
    total = 0.0
    for kind, weight in table.weights.items():
        best = max((f.nats[kind] for f in finds if kind in f.nats), default=0.0)
        total += weight * math.exp(max(0.0, best))
    return math.log(total)


def mix(says: Sequence[SensorTerms], table: Likelihoods) -> tuple[KindRow, ...]:
    """Return the arithmetic of the room: one row a kind; ``ln`` of the products' sum is the log LR."""
    rows = []
    for kind, weight in table.weights.items():
        lr = _once_a_group({say.sensor: say.lr[kind] for say in says}, table)
        agreed = agreement_factor(lr, keep=table.agreement.keep)
        product = weight * math.prod(lr.values()) * agreed
        rows.append(KindRow(kind=kind, weight=weight, lr=lr, product=product, agreed=agreed))
    return tuple(rows)


def agreement_factor(lr: Mapping[SensorName, float], *, keep: float) -> float:
    """Return the factor that removes what several sensors say twice of one kind.

    Parameters
    ----------
    lr : mapping
        Likelihood ratio of each sensor for this kind; those of one group were settled before.
    keep : float, 0…1
        Share of the nats of every sensor but the strongest that counts.

    Returns
    -------
    float
        Factor of the product of ratios, 0…1.

    Notes
    -----
    ``exp(−(1 − keep) · Σ ln LR)`` over all that speak for the kind but the strongest. A sensor that is
    silent (LR at most 1) is left as it is, and a stronger find never lowers the product.
    """
    speaking = sorted(ratio for ratio in lr.values() if ratio > 1.0)[:-1]
    return math.exp(-(1.0 - keep) * sum(map(math.log, speaking))) if speaking else 1.0


def _once_a_group(lr: Mapping[SensorName, float], table: Likelihoods) -> dict[SensorName, float]:
    """Let only the strongest find of a group count: Wi-Fi and Bluetooth hear one device, make one error."""
    best: dict[str, SensorName] = {}
    for name, ratio in lr.items():
        group = table.senses[name].group
        if group not in best or ratio > lr[best[group]]:
            best[group] = name
    return {n: ratio if n in best.values() else min(1.0, ratio) for n, ratio in lr.items()}


def posterior(prior: float, log_lr: float) -> float:
    """Return the probability of a hidden camera after the evidence.

    Parameters
    ----------
    prior : float
        Probability before the evidence, inside 0…1.
    log_lr : float
        Log likelihood ratio of the evidence, nats.

    Returns
    -------
    float
        ``logistic(logit(prior) + log_lr)``, 0…1.
    """
    return 1.0 / (1.0 + math.exp(-(math.log(prior / (1.0 - prior)) + log_lr)))
