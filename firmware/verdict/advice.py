"""The next step and its gain, worked out when somebody asks for them and not at every verdict."""

from __future__ import annotations

from collections.abc import Callable

from pydantic_core.core_schema import CoreSchema, is_instance_schema

StepAndGain = tuple[str, float]


def no_step() -> StepAndGain:
    """Return that there is nothing to advise."""
    return "", 0.0


class Advice:
    """Advice: the step that would raise the share caught most, and by how much; worked out when asked for.

    Parameters
    ----------
    work_out
        Returns the message key of the step and the gain of the share caught, 0…1. Called once, at the first
        question; what it depends on must not change until then.
    """

    __slots__ = ("_said", "_work_out")

    def __init__(self, work_out: Callable[[], StepAndGain] = no_step) -> None:
        self._work_out = work_out
        self._said: StepAndGain | None = None

    @classmethod
    def of(cls, step: str, gain: float = 0.0) -> Advice:
        """Return advice that is known already."""
        advice = cls()
        advice._said = (step, gain)
        return advice

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: object) -> CoreSchema:
        """Return the schema of a record's reader: it makes the advice itself, from two plain values."""
        return is_instance_schema(cls)

    def _answer(self) -> StepAndGain:
        if self._said is None:
            self._said = self._work_out()
        return self._said

    @property
    def step(self) -> str:
        """Message key of the next step; empty where there is none."""
        return self._answer()[0]

    @property
    def gain(self) -> float:
        """Gain of the share caught if the step were done in full, 0…1."""
        return self._answer()[1]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Advice) and self._answer() == other._answer()

    def __hash__(self) -> int:
        return hash(self._answer())

    def __repr__(self) -> str:
        return f"Advice({'not asked for' if self._said is None else self._said})"
