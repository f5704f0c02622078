"""Classifies everything observed as finding, noted or heard, for every page, record and line alike.

=========  ===========================================================================================
finding    weighs at least the sign of CHECK, bears a name that says camera, or is the strongest
           thing behind an alarm of the whole room
noted      speaks for a camera, but less than that
heard      everything else: it was there, and says nothing
=========  ===========================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from firmware.verdict.evidence.likelihoods import Likelihoods
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.fusion import Find, SensorTerms
from firmware.verdict.model import Level, WeighedSubject

NAMING_SIGNS = ("identity-", "advert-")
LISTED_MOST = 32  # subjects of one verdict; the strongest first, so that no finding is left out by a note
ALARMS = frozenset({Level.CHECK, Level.LIKELY_CAMERA})


def names_a_camera(evidence: Evidence) -> bool:
    """Say whether a device's name makes it more likely a camera than not (score ≥ ½).

    A block of addresses or a company's number alone names nobody: makers of cameras make bulbs too.
    """
    return evidence.bears_name and evidence.sign.startswith(NAMING_SIGNS) and evidence.raw_nats >= 0.0


def over_check(find: Find, table: Likelihoods) -> float:
    """Return by how many nats a find exceeds what makes its sign a CHECK by itself.

    Parameters
    ----------
    find : Find
        Of one subject, after fading, correction and caps.
    table : Likelihoods
        Holds ``levels.check_sense_nats`` and a sign's own ``check_nats``; the larger counts.

    Returns
    -------
    float
        Nats; negative below it.
    """
    sign = table.by_sign.get(find.evidence.sign)
    own = 0.0 if sign is None else sign.check_nats
    return find.strength - max(own, table.levels.check_sense_nats)


def classify(says: Sequence[SensorTerms], level: Level, table: Likelihoods) -> tuple[WeighedSubject, ...]:
    """Return everything that speaks for a camera, findings and the strongest first.

    Parameters
    ----------
    says : sequence of SensorTerms
        What each sensor says, after fading, correction and caps (nats).
    level : Level
        The word of now: an alarm always has a finding.
    table : Likelihoods
        Holds the sign of CHECK (``levels.check_sense_nats``, or a sign's own ``check_nats``).
    """
    rows = [
        _weighed(find, finding=over_check(find, table) >= 0.0 or names_a_camera(find.evidence))
        for say in says
        for find in say.finds
        if find.strength > 0.0 or names_a_camera(find.evidence)
    ]
    rows.sort(key=lambda s: (s.word != "finding", -s.nats, s.sensor, s.subject))
    if level in ALARMS and rows and rows[0].word == "noted":
        rows[0] = replace(rows[0], word="finding")
    return tuple(rows[:LISTED_MOST])


def _weighed(find: Find, *, finding: bool) -> WeighedSubject:
    evidence = find.evidence
    return WeighedSubject(
        sensor=evidence.sensor,
        subject=evidence.subject,
        word="finding" if finding else "noted",
        nats=find.strength,
        reason=evidence.reason,
        params=evidence.params,
    )
