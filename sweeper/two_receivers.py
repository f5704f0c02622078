"""The RF sensor of a unit with two receivers: an RTL-SDR below 1.8 GHz, a Wi-Fi adapter's spectra above.

They take turns. What the second one finds, covers and lacks is added to what the first one says; its loss
costs its own bands only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hw.errors import EndOfRecording, HwError
from hw.kit import reopen
from hw.protocols import Clock
from hw.types import Counts, Coverage, DeviceHealth, SensorName
from sweeper.model import Emission
from sweeper.picture import Picture
from sweeper.plan import PlanSummary, RecordingSummary
from sweeper.spectral_sensor import SpectralSensor
from sweeper.sweeper import Sweeper
from sweeper.views import SpectrumView

RETRY_S = 5.0  # between two attempts to open a lost adapter again


class TwoReceivers:
    """Steps both; answers as one sensor."""

    def __init__(self, sweeper: Sweeper, spectral: SpectralSensor, *, clock: Clock) -> None:
        self.sweeper, self.spectral = sweeper, spectral
        self._clock = clock
        self._ended: set[str] = set()
        self._lost: HwError | None = None
        self._retry_ns = 0
        self._spectral_turn = False

    @property
    def name(self) -> SensorName:
        """The sensor's name."""
        return self.sweeper.name

    def step(self) -> Sequence[Emission]:
        """Step the one whose turn it is; a recording is over when both are."""
        self._spectral_turn = not self._spectral_turn
        if len(self._ended) == 2:
            raise EndOfRecording("Both receivers' recordings are over")
        if self._spectral_turn and "spectral" not in self._ended:
            return self._step_spectral()
        if "sweep" in self._ended:
            return ()
        try:
            return self.sweeper.step()
        except EndOfRecording:
            self._ended.add("sweep")
            return ()

    def _step_spectral(self) -> Sequence[Emission]:
        if self._lost is not None and not self._is_back():
            return ()
        try:
            return self.spectral.step()
        except EndOfRecording:
            self._ended.add("spectral")
        except HwError as error:
            self._lost = error
            self._retry_ns = self._clock.now_ns() + round(RETRY_S * 1e9)
        return ()

    def _is_back(self) -> bool:
        """Try now and then to open the lost adapter again."""
        if self._clock.now_ns() < self._retry_ns:
            return False
        self._retry_ns = self._clock.now_ns() + round(RETRY_S * 1e9)
        try:
            reopen(self.spectral.radio)
        except HwError as error:
            self._lost = error
            return False
        self._lost = None
        return True

    def finish(self) -> None:
        """Settle what is pending."""
        self.sweeper.finish()
        self.spectral.finish()

    def observations(self) -> Sequence[Emission]:
        """Return every transmission known to either."""
        return (*self.sweeper.observations(), *self.spectral.observations())

    def coverage(self) -> Coverage:
        """Return the sweep's coverage with the parts of the adapter; a lost adapter covers nothing."""
        swept = self.sweeper.coverage()
        parts: dict[str, float] = dict(self.spectral.part_shares().items())
        if self._lost is not None:
            reasons = (*swept.reasons, "rf_spectral_lost")
            return replace(swept, parts={**dict.fromkeys(parts, 0.0), **swept.parts}, reasons=reasons)
        reasons = (*swept.reasons, *self.spectral.coverage_reasons())
        heard = {part: max(share, swept.parts.get(part, 0.0)) for part, share in parts.items()}
        return replace(swept, parts={**swept.parts, **heard}, reasons=reasons)

    def counts(self) -> Counts:
        """Return what both have read and left out."""
        one, other = self.sweeper.counts(), self.spectral.counts()
        dropped = dict(one.dropped)
        for reason, count in other.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + count
        return Counts(sensor="rf", read=one.read + other.read, dropped=dropped)

    def health(self) -> DeviceHealth:
        """Return the receiver's health; the adapter's only where the receiver is well."""
        first = self.sweeper.health()
        if not first.ok or self._lost is not None:
            return first
        second = self.spectral.health()
        return first if second.ok else second

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

    def pictures(self) -> Mapping[str, Picture]:
        """Return the pictures of video senders."""
        return self.sweeper.pictures()

    def close(self) -> None:
        """Let go of both."""
        try:
            self.sweeper.close()
        finally:
            self.spectral.close()
