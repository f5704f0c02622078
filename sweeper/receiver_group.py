"""The RF sensor of a unit with several ears: a receiver, and Wi-Fi adapters that hear where it is deaf.

They take turns. What the further ones find, cover and lack is added to what the first one says; the loss of
one costs its own bands only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from hw.errors import EndOfRecording, HwError
from hw.kit import reopen
from hw.protocols import Clock
from hw.types import Counts, Coverage, DeviceHealth, SensorName
from sweeper.bands import HighPart
from sweeper.model import Emission
from sweeper.picture import Picture
from sweeper.plan import PlanSummary, RecordingSummary
from sweeper.sweeper import Sweeper
from sweeper.views import SpectrumView

IDLE_NS = 20_000_000  # of the first one's turn when its recording is over
RETRY_S = 5.0  # between two attempts to open a lost device again


class FurtherEar(Protocol):
    """Interface of an ear beside the receiver."""

    radio: Any

    @property
    def name(self) -> SensorName: ...  # noqa: D102
    def step(self) -> Sequence[Emission]: ...  # noqa: D102
    def finish(self) -> None: ...  # noqa: D102
    def observations(self) -> Sequence[Emission]: ...  # noqa: D102
    def pictures(self) -> Mapping[str, Picture]: ...  # noqa: D102
    def part_shares(self) -> Mapping[HighPart, float]: ...  # noqa: D102
    def coverage(self) -> Coverage: ...  # noqa: D102
    def coverage_reasons(self) -> Sequence[str]: ...  # noqa: D102
    def counts(self) -> Counts: ...  # noqa: D102
    def health(self) -> DeviceHealth: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


@dataclass(slots=True)
class _Member:
    """An ear with what the group knows of it."""

    ear: FurtherEar
    lost_reason: str
    lost: bool = False
    ended: bool = False
    retry_ns: int = 0


class ReceiverGroup:
    """Steps every ear in turn; answers as one sensor. ``others`` bear names of `hw.kit.SECOND_ROLES`."""

    def __init__(
        self, first: FurtherEar | Sweeper, others: Mapping[str, FurtherEar], *, clock: Clock
    ) -> None:
        self.first = first
        self._clock = clock
        self._members = [_Member(ear, f"rf_{role}_lost") for role, ear in others.items()]
        self._first_ended = False
        self._turn = 0

    @property
    def name(self) -> SensorName:
        """The sensor's name."""
        return self.first.name

    def step(self) -> Sequence[Emission]:
        """Step the one whose turn it is; a recording is over when all are."""
        if self._first_ended and all(member.ended for member in self._members):
            raise EndOfRecording("The recordings of all receivers are over")
        self._turn = (self._turn + 1) % (len(self._members) + 1)
        if self._turn:
            return self._step_member(self._members[self._turn - 1])
        if self._first_ended:
            # The others may only look at the time: it must go on for them.
            self._clock.sleep_until(self._clock.now_ns() + IDLE_NS)
            return ()
        try:
            return self.first.step()
        except EndOfRecording:
            self._first_ended = True
            return ()

    def _step_member(self, member: _Member) -> Sequence[Emission]:
        if member.ended or (member.lost and not self._is_back(member)):
            return ()
        try:
            return member.ear.step()
        except EndOfRecording:
            member.ended = True
        except HwError:
            member.lost = True
            member.retry_ns = self._clock.now_ns() + round(RETRY_S * 1e9)
        return ()

    def _is_back(self, member: _Member) -> bool:
        """Try now and then to open a lost device again."""
        if self._clock.now_ns() < member.retry_ns:
            return False
        member.retry_ns = self._clock.now_ns() + round(RETRY_S * 1e9)
        try:
            reopen(member.ear.radio)
        except HwError:
            return False
        member.lost = False
        return True

    def finish(self) -> None:
        """Settle what is pending."""
        self.first.finish()
        for member in self._members:
            member.ear.finish()

    def observations(self) -> Sequence[Emission]:
        """Return every transmission known to any."""
        return (*self.first.observations(), *(e for m in self._members for e in m.ear.observations()))

    def coverage(self) -> Coverage:
        """Return the first one's coverage with the parts of the others; a lost device covers nothing."""
        swept = self.first.coverage()
        parts, reasons = dict(swept.parts), list(swept.reasons)
        for member in self._members:
            shares = member.ear.part_shares()
            # Where others have heard all that it hears, its limits are not those of the scan.
            adds = any(share > parts.get(part, -1.0) for part, share in shares.items())
            for part, share in shares.items():
                parts[part] = max(parts.get(part, 0.0), 0.0 if member.lost else share)
            told = (member.lost_reason,) if member.lost else member.ear.coverage_reasons()
            reasons += told if adds or member.lost else ()
        return replace(swept, parts=parts, reasons=tuple(dict.fromkeys(reasons)))

    def counts(self) -> Counts:
        """Return what all have read and left out."""
        told = [self.first.counts(), *(member.ear.counts() for member in self._members)]
        dropped: dict[str, int] = {}
        for one in told:
            for reason, count in one.dropped.items():
                dropped[reason] = dropped.get(reason, 0) + count
        return Counts(sensor="rf", read=sum(one.read for one in told), dropped=dropped)

    def health(self) -> DeviceHealth:
        """Return the receiver's health; that of another only where the receiver is well."""
        first = self.first.health()
        if not first.ok:
            return first
        others = (member.ear.health() for member in self._members if not member.lost)
        return next((health for health in others if not health.ok), first)

    def pictures(self) -> Mapping[str, Picture]:
        """Return the pictures of video senders."""
        found = dict(self.first.pictures())
        for member in self._members:
            found.update(member.ear.pictures())
        return found

    def close(self) -> None:
        """Let go of all, whatever fails on the way."""
        failed: HwError | None = None
        for ear in (self.first, *(member.ear for member in self._members)):
            try:
                ear.close()
            except HwError as error:
                failed = failed or error
        if failed is not None:
            raise failed


class SweepGroup(ReceiverGroup):
    """A group whose first ear sweeps; it shows the sweep's views."""

    def __init__(self, sweeper: Sweeper, others: Mapping[str, FurtherEar], *, clock: Clock) -> None:
        super().__init__(sweeper, others, clock=clock)
        self.sweeper = sweeper

    @property
    def rounds(self) -> int:
        """Rounds of the sweep that are done."""
        return self.sweeper.rounds

    @property
    def progress_of_round(self) -> float:
        """The share of this round that is done, 0…1."""
        return self.sweeper.progress_of_round

    @property
    def summary(self) -> PlanSummary:
        """The cost and reach of the sweep's plan."""
        return self.sweeper.summary

    @property
    def recording(self) -> RecordingSummary | None:
        """Extent of the sweep's recording; None where a receiver sweeps."""
        return self.sweeper.recording

    def spectrum_view(self) -> SpectrumView:
        """Return the stitched sweep."""
        return self.sweeper.spectrum_view()
