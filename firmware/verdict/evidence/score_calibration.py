"""Turns a calibrated score into capped nats for each kind of camera."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping

from firmware.verdict.evidence.likelihoods import Curve, Likelihoods, Sign
from firmware.verdict.evidence.model import Evidence
from hw.types import SensorName

SURE = 1e-9  # a score is kept this far from 0 and 1: no counted sample can say more
UNLIMITED = round(1 / SURE)  # examples behind a score that nothing but its digits limits


def score_nats(score: float, *, negatives: int) -> float:
    """Turn a score into a log likelihood ratio.

    Parameters
    ----------
    score : float, 0…1
        Probability of a camera as if cameras and non-cameras were equally common, so that its logit is
        the log likelihood ratio. NaN counts as "says nothing": 0 nats.
    negatives : int
        Clean examples the score was judged on.

    Returns
    -------
    float, nats
        ``logit(score)``, limited to ``±ln(negatives + 1)``.

    Notes
    -----
    After n clean examples without a false alarm, the rule of succession still expects one in n + 1: no
    score can honestly claim a larger ratio than that.
    """
    if math.isnan(score):
        return 0.0
    p = min(1.0 - SURE, max(SURE, score))
    most = math.log(negatives + 1.0)
    return min(most, max(-most, math.log(p / (1.0 - p))))


def along(curve: Curve, nats: float) -> float:
    """Return the value of a curve of straight pieces.

    Parameters
    ----------
    curve : Curve
        Points (nats in, nats out), ascending.
    nats : float
        Where to read it.

    Returns
    -------
    float
        Nats.

    Notes
    -----
    Above what was ever seen it stays level; below, a score is worth less by as much as it is less.
    """
    at = bisect_right(curve, (nats, math.inf))
    if at == 0:
        return curve[0][1] - (curve[0][0] - nats)
    if at == len(curve):
        return curve[-1][1]
    (x0, y0), (x1, y1) = curve[at - 1], curve[at]
    return y0 + (y1 - y0) * (nats - x0) / (x1 - x0)


def make_evidence(
    sign_name: str,
    *,
    sensor: SensorName,
    subject: str,
    score: float,
    reason: str,
    params: Mapping[str, str | float | int],
    last_ns: int,
    table: Likelihoods,
    confirmed: bool = False,
) -> Evidence:
    """Weigh one subject by the sign that was seen on it.

    Parameters
    ----------
    sign_name : str
        The sign's entry in the table.
    sensor : SensorName
        Who saw it.
    subject : str
        Stable key of the subject.
    score : float
        Calibrated probability at even odds, 0…1.
    reason : str
        Message key.
    params : mapping
        The parameters of its sentence.
    last_ns : int
        When it was last seen, ns.
    table : Likelihoods
        Caps and curves.
    confirmed : bool
        It was physically confirmed.

    Returns
    -------
    Evidence
        Capped nats, in all and by kind.

    Notes
    -----
    The score's nats are capped by the sign (a confirmed one by the sensor); kinds the sign does not speak
    for get no entry: there the sensor speaks by its silence.
    """
    sign, limits = table.by_sign[sign_name], table.senses[sensor]
    raw = score_nats(score, negatives=UNLIMITED)
    if sign.curve:
        said = along(sign.curve, raw)
    else:
        negatives = round(math.exp(limits.confirmed_cap_nats)) if confirmed else limits.negatives
        said = score_nats(score, negatives=max(negatives, limits.negatives))
    let_through = min(said, limits.confirmed_cap_nats if confirmed else sign.cap_nats)
    return Evidence(
        sensor=sensor,
        subject=subject,
        log_lr=let_through,
        log_lr_by_kind=_by_kind(sign, let_through),
        reason=reason,
        params=params,
        confirmed=confirmed,
        last_ns=last_ns,
        headroom_nats=said - let_through,
        sign=sign_name,
        raw_nats=raw,
    )


def _by_kind(sign: Sign, nats: float) -> dict[str, float]:
    return dict.fromkeys(sign.speaks_for, nats)
