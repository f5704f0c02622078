"""The result of a self-test: how it ended, what it measured, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from firmware.i18n.catalog import Catalog, Sentence
from hw.config import HwConfig
from hw.errors import HwError
from hw.protocols import Clock

NOT_MEASURED = Sentence(key="check.said.not_measured")


class Result(StrEnum):
    """The outcome of a check."""

    PASS = "ok"  # noqa: S105 - a result, not a password
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One self-test with its outcome; its message key is ``check.proves.<name>``.

    ``said`` is what was measured, ``remedy`` what to do. Where a device raised, ``reason`` is its word
    from `hw.errors.Reason` and ``hint`` its own advice, in English.
    """

    name: str
    result: Result
    said: Sentence = NOT_MEASURED
    remedy: Sentence | None = None
    reason: str = ""
    hint: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)

    def proves_text(self, catalog: Catalog) -> str:
        """Return the subject of this test, in one language."""
        key = "check.proves.health" if self.name.endswith(".health") else f"check.proves.{self.name}"
        return str(catalog.text(key))

    def remedy_text(self, catalog: Catalog) -> str:
        """Return the advice, in one language; the device's own stands behind it."""
        own = "" if self.remedy is None else str(catalog.say(self.remedy))
        return own if self.hint in own else f"{own} {self.hint}".strip()

    def as_json(self, catalog: Catalog) -> dict[str, Any]:
        """Return the line of ``diag check --json``; scripts read name, result, reason and numbers."""
        return {
            "type": "check",
            "name": self.name,
            "result": {"ok": "pass"}.get(self.result.value, self.result.value),
            "proves": self.proves_text(catalog),
            "detail": str(catalog.say(self.said)),
            "remedy": self.remedy_text(catalog),
            "reason": self.reason,
            "numbers": dict(self.numbers),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The technician's additions to a run: a tone that is fed in, and time to press every button."""

    tone_hz: float | None = None
    press_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagBench:
    """One opened device on the bench. ``live`` is False where nothing can be tuned or lit: a recording."""

    device: Any
    clock: Clock
    config: HwConfig
    asked: Asked
    live: bool


class Probe(NamedTuple):
    """One self-test of a device; it returns None where it does not apply."""

    name: str
    run: Callable[[DiagBench], Check | None]


def passed(name: str, key: str = "", /, **numbers: float | str) -> Check:
    """Return a check that is well.

    Parameters
    ----------
    name : str
        Name of the test, as `diag check` prints it.
    key : str
        Message key of what was seen; empty: the test's own.
    **numbers : float or str
        Fields of the sentence, in the units that the sentence names.

    Returns
    -------
    Check
        A result that is well.
    """
    return _ended(name, Result.PASS, key, "", numbers)


class Unwell:
    """Makes the checks of one result that asks somebody to do something."""

    def __init__(self, result: Result) -> None:
        self._result = result

    def __call__(self, name: str, remedy: str, key: str = "", /, **numbers: float | str) -> Check:
        """Return a check with this result.

        Parameters
        ----------
        name : str
            Name of the test, as `diag check` prints it.
        remedy : str
            Message key of what to do.
        key : str
            Message key of what was seen; empty: the test's own.
        **numbers : float or str
            Fields of the sentence, in the units that the sentence names.

        Returns
        -------
        Check
            One to look at (`warned`), or one that ends the self-test with exit code 1 (`failed`).
        """
        return _ended(name, self._result, key, remedy, numbers)


warned = Unwell(Result.WARN)
failed = Unwell(Result.FAIL)


def broken(name: str, error: HwError, result: Result = Result.FAIL) -> Check:
    """Return the check of a device that raised: its reason, its own words, and its own advice."""
    return Check(
        name=name,
        result=result,
        said=Sentence(key="screen.verbatim", params={"text": error.what}),
        remedy=Sentence(key=f"hint.{error.reason}"),
        reason=str(error.reason),
        hint=error.hint,
    )


def _ended(name: str, result: Result, key: str, remedy: str, params: Mapping[str, float | str]) -> Check:
    return Check(
        name=name,
        result=result,
        said=Sentence(key=f"check.said.{key or name}", params=params),
        remedy=Sentence(key=remedy, params=params) if remedy else None,
        numbers={k: float(v) for k, v in params.items() if not isinstance(v, str)},
    )
