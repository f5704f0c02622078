"""Keeps the allowlist of a site: devices declared harmless, and the marks that recognise them.

A declaration is an entry of the chain like any other: signed, with operator, time and reason, never changed.
Withdrawing it is another entry. What makes a thing the same thing another day:

=============  ==============================================  ==============================================
fixed address  its keyed hash; the address itself is not kept  recognised, and then its evidence is set to 0
transmission   kind, frequency, bandwidth                      recognised, likewise; another on this channel
                                                               passes for it unless it is louder
looks alone    maker, network, Bluetooth content, while the    recognised as *similar*: said, and its evidence
               address is random                               stays, for anybody can imitate looks
nothing        a random address that says nothing of itself;   cannot be declared at all
               a glint, which is a place in a moving picture
=============  ==============================================  ==============================================

A thing that is known speaks again as soon as it is louder, or more like a camera, than when it was declared;
a confirmed lens and a picture from the air always speak. Nothing is ever left out in silence: what is set to
zero stands in the verdict's contributions with its reason.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from firmware.records.build_record import clean
from firmware.records.compare.diff import LEAST_STEP_HZ, LOUDER_DB, SAME_FREQUENCY, looks_of
from firmware.records.custody.errors import NoSuchRecord, NotRecognisable
from firmware.records.custody.unit_key import PSEUDONYM_MARK, UnitKey
from firmware.records.declarations import (
    MARKS_MOST,
    TEXT_MOST,
    By,
    Declaration,
    DeviceMark,
    StandingDeclaration,
)
from firmware.records.model import Finding
from firmware.sensor import Observation, emissions_in
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.evidence.reasons import KNOWN_REASON
from sweeper.model import Emission

MORE_NATS = math.log(2.0)  # twice as common with a camera as when it was declared: it has changed
SAME_WIDTH = 1.5  # the wider bandwidth over the narrower one, up to which it is one transmission
ID_BYTES = 4


def declare(finding: Finding, *, site: str, operator: str, reason: str) -> Declaration:
    """Return a declaration of one finding of a record.

    Raises
    ------
    NotRecognisable
        If nothing about it would be the same another day, or if it is a lens.
    """
    return Declaration(
        id=_new_id(),
        action="declare",
        site=clean(site),
        operator=clean(operator),
        reason=clean(reason),
        mark=mark_of(finding),
    )


def withdraw(known: StandingDeclaration, *, operator: str, reason: str) -> Declaration:
    """Return the entry that ends a declaration."""
    return Declaration(
        id=_new_id(),
        action="withdraw",
        site=known.declaration.site,
        operator=clean(operator),
        reason=clean(reason),
        withdraws=known.declaration.id,
    )


def _new_id() -> str:
    return f"known-{secrets.token_hex(ID_BYTES)}"


def find_known(known: Sequence[StandingDeclaration], name: str) -> StandingDeclaration:
    """Return the declaration of this id, or of its unambiguous beginning."""
    head = "known-" + name.removeprefix("known-")
    found = [k for k in known if k.declaration.id.startswith(head)]
    if len(found) != 1 or not name:
        many = "More than one declaration begins" if found else "No declaration begins"
        raise NoSuchRecord(f"{many} with {name!r}", hint="`ansim known list` shows them.")
    return found[0]


def mark_of(finding: Finding) -> DeviceMark:
    """Return the mark by which a finding is recognised another day. Raises as `declare`."""
    if finding.sensor == "lens":
        raise NotRecognisable("A lens is never known: another one may stand behind the same spot")
    data = finding.data
    level = data.get("snr_db" if finding.sensor == "rf" else "rssi_dbm")
    by, key = _recognised_by(finding)
    mark = DeviceMark(
        sensor=finding.sensor,
        by=by,
        key=key[:TEXT_MOST],
        label=_label(finding)[:TEXT_MOST],
        score=finding.score,
        level_db=float(level) if isinstance(level, int | float) else None,
    )
    if by != "signal":
        return mark
    return replace(mark, center_hz=float(data["center_hz"]), bandwidth_hz=float(data["bandwidth_hz"]))


def _recognised_by(finding: Finding) -> tuple[By, str]:
    if finding.sensor == "rf":
        return "signal", str(finding.data.get("kind"))
    if finding.identity == "address":
        return "address", finding.subject
    looks = looks_of(finding)
    if not looks:
        raise NotRecognisable("It cannot be recognised again: its address is random and nothing else stays")
    return "looks", looks


def _label(finding: Finding) -> str:
    """Return the name that people know it by; replaced names say nothing."""
    words = [str(finding.data.get(k) or "") for k in ("ssid", "name", "vendor", "service", "kind")]
    said = dict.fromkeys(w for w in words if w and not w.startswith(PSEUDONYM_MARK))
    return clean(" · ".join(said) or finding.subject)


class Recogniser:
    """Sets the evidence of known devices to zero, and says so in the reason."""

    def __init__(self, known: Sequence[StandingDeclaration], key: UnitKey) -> None:
        self._addresses: Mapping[str, StandingDeclaration] = {
            k.mark.key: k for k in known if k.mark.by == "address"
        }
        self._signals = [k for k in known if k.mark.by == "signal"]
        self._name = lru_cache(maxsize=MARKS_MOST)(key.pseudonym)

    def __call__(self, observation: Observation, evidence: Evidence) -> Evidence:
        """Return the evidence as it counts at this site."""
        if evidence.log_lr <= 0.0 or evidence.confirmed or evidence.sensor == "lens":
            return evidence
        known = self._known(observation)
        if known is None or has_changed(observation, known.mark):
            return evidence
        said: dict[str, Any] = {
            "label": known.mark.label,
            "why": known.declaration.reason,
            "nats": round(evidence.log_lr, 2),
        }
        return replace(
            evidence, log_lr=0.0, log_lr_by_kind={}, headroom_nats=0.0, reason=KNOWN_REASON, params=said
        )

    def _known(self, observation: Observation) -> StandingDeclaration | None:
        for emission in emissions_in((observation,)):
            return next((k for k in self._signals if is_same_signal(emission, k.mark)), None)
        if observation.lasting != "address":
            return None
        return self._addresses.get(self._name(observation.subject))


def is_same_signal(emission: Emission, mark: DeviceMark) -> bool:
    """Say whether a transmission has the kind, the frequency and the bandwidth of a known one."""
    if emission.kind != mark.key or mark.center_hz is None or mark.bandwidth_hz is None:
        return False
    wider_hz = max(emission.bandwidth_hz, mark.bandwidth_hz)
    narrower_hz = max(1.0, min(emission.bandwidth_hz, mark.bandwidth_hz))
    apart_hz = abs(emission.center_hz - mark.center_hz)
    near = apart_hz <= max(LEAST_STEP_HZ, SAME_FREQUENCY * narrower_hz)
    return near and wider_hz / narrower_hz <= SAME_WIDTH


def has_changed(observation: Observation, mark: DeviceMark) -> bool:
    """Say whether a known thing is louder or more like a camera than when it was declared."""
    level_db = observation.level_db
    if mark.level_db is None or level_db is None or level_db - mark.level_db >= LOUDER_DB:
        return True
    return _logit(observation.camera_score) - _logit(mark.score) >= MORE_NATS


def _logit(share: float) -> float:
    bounded = min(max(share, 1e-6), 1.0 - 1e-6)
    return math.log(bounded / (1.0 - bounded))
