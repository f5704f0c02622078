"""The four ways in which a unit may hear cameras at 2.4 and 5.8 GHz, where an RTL-SDR is deaf.

For each: whether the unit has it, whether it hears with it, and what would be needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from firmware.diag.model import Check, Result
from firmware.i18n.catalog import Sentence
from hw.errors import Reason
from hw.pi.discover import Found
from hw.pi.nl80211 import PLUG_HINT
from hw.pi.spectral import NEEDED
from hw.pi.video_receiver import SET_HINT

# Name of a way, and the check by which it shows that it hears.
WAYS: Mapping[str, str] = {
    "high.survey": "survey",
    "high.spectral": "spectral",
    "high.sdr": "sdr.high",
    "high.video_receiver": "video_receiver",
}
GENERIC = frozenset({"", NEEDED, SET_HINT, PLUG_HINT})  # hints that the way's own sentence says better
ABSENT = frozenset({Reason.NOT_FOUND, Reason.LIBRARY})


def high_ways(checks: Sequence[Check]) -> Iterator[Check]:
    """Yield one check a way, from the checks of the devices.

    Parameters
    ----------
    checks : sequence of Check
        Of all devices of a unit.

    Yields
    ------
    Check
        Passed where it hears; else a warning that says what is needed.
    """
    for name, proof in WAYS.items():
        mine = [c for c in checks if c.name.removesuffix(".health") == proof]
        if mine and all(c.result is Result.PASS for c in mine):
            yield Check(name=name, result=Result.PASS, said=Sentence(key="check.said.high.hears"))
            continue
        here = any(c.reason not in ABSENT for c in mine)
        yield Check(
            name=name,
            result=Result.WARN,
            said=Sentence(key="check.said.high.deaf" if here else "check.said.high.absent"),
            remedy=next((c.remedy for c in mine if here and c.remedy), _needed(name)),
            hint=next((c.hint for c in mine if c.hint not in GENERIC), ""),
        )


def is_absent_way(check: Check) -> bool:
    """Say whether a check only tells that a way is not there, which `high_ways` tells as well.

    Parameters
    ----------
    check : Check
        Of one device.

    Returns
    -------
    bool
    """
    return check.name in WAYS.values() and check.reason in ABSENT


def missing_ways(found: Sequence[Found]) -> Iterator[tuple[str, Sentence]]:
    """Yield role and need of the ways that nothing plugged in stands for.

    Parameters
    ----------
    found : sequence of Found
        Everything that is plugged in.

    Yields
    ------
    tuple of str and Sentence
        Role, and the sentence on what is needed.
    """
    usable = {one.role for one in found if one.role != "sdr"}
    if any(one.role == "sdr" and "hw.sdr.soapy" in one.choose for one in found):
        usable.add("sdr")
    for name in WAYS:
        role = name.removeprefix("high.")
        if role not in usable:
            yield role, _needed(name)


def _needed(name: str) -> Sentence:
    return Sentence(key=f"check.remedy.{name}")
