"""The receiver as the sweeper uses it, over any dongle that delivers interleaved I and Q."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hw.config import SdrConfig
from hw.errors import DeviceLost, Reason
from hw.formats.iq import FORMATS, clipped_share, to_complex
from hw.liveness import RepeatedSamples
from hw.pi.held_device import HeldHandle, PiDevice
from hw.protocols import RTL_SDR_REACH_HZ, Clock
from hw.types import DeviceHealth, DeviceInfo, IqBlock

FORMAT = "cu8"
BYTES_PER_SAMPLE = 2  # of this format
VALUES_PER_SAMPLE = 2
SETTLED_VALUES = 2048  # after a retune a tuner may rest on one value for less
USB_PACKET_BYTES = 512  # a bulk transfer is a whole number of these
LONGEST_READ_SAMPLES = 1 << 20  # 0.44 s at 2.4 MS/s; one transfer, hence without a gap
SETTLING_S = 0.005  # R820T PLL lock after a retune (science: drop the first buffer)
START_HZ = 100e6
# The resampler's steps are below 1e-6; more than this is another rate.
RATE_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """The properties of a kind of dongle; those of an RTL-SDR where nothing else is said.

    ``wanted_hz`` is the sample rate that was asked of it, the configured one if None. ``longest_samples``
    come in one read without a gap.
    """

    kind: str = "RTL-SDR"
    sample_format: str = FORMAT
    start_hz: float = START_HZ
    reach_hz: tuple[tuple[float, float], ...] = RTL_SDR_REACH_HZ
    wanted_hz: float | None = None
    longest_samples: int = LONGEST_READ_SAMPLES


RTL_SDR = Traits()


class Dongle(Protocol):
    """Interface of a source of interleaved I and Q values."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def rate_hz(self) -> float: ...  # noqa: D102
    @property
    def traits(self) -> Traits: ...  # noqa: D102
    def tune(self, center_hz: int) -> None: ...  # noqa: D102
    def set_gain(self, gain_db: float) -> float | None: ...  # noqa: D102
    def read(self, n_bytes: int) -> bytes: ...  # noqa: D102
    def drop_stale(self, n_bytes: int) -> None: ...  # noqa: D102
    def counts(self) -> Mapping[str, float]: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class Receiver(PiDevice[Dongle]):
    """A receiver. Opened again, it has its last frequency and gain."""

    def __init__(self, connect: Callable[[], Dongle], config: SdrConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._center_hz = 0.0
        self._wish_db = config.gain_db
        self._gain_db: float | None = config.gain_db
        self._stale = True
        self._short_reads = 0
        self._blocks = 0
        self._repeated = RepeatedSamples()
        held = HeldHandle(lambda: self._set_up(connect()), lambda dongle: dongle.close())
        super().__init__(DeviceInfo(role="sdr", backend="pi", name="RTL-SDR"), held)
        held.open()
        dongle = held.hold()
        self._rate_hz = dongle.rate_hz
        self._traits = dongle.traits
        self._form = FORMATS[self._traits.sample_format]
        self._counts: Mapping[str, float] = {}
        self._info = DeviceInfo(
            role="sdr",
            backend="pi",
            name=dongle.name,
            detail=f"{self._rate_hz:.0f} S/s",
            # A dongle behind rtl_tcp tells none.
            serial=getattr(dongle, "serial", ""),
        )

    def _set_up(self, dongle: Dongle) -> Dongle:
        try:
            self._center_hz = self._center_hz or dongle.traits.start_hz
            dongle.tune(round(self._center_hz))
            self._gain_db = dongle.set_gain(self._wish_db)
        except DeviceLost:
            dongle.close()
            raise
        self._stale, self._repeated = True, RepeatedSamples()
        return dongle

    @property
    def rate_hz(self) -> float:
        """The rate that the dongle really runs at."""
        return self._rate_hz

    @property
    def tunable(self) -> bool:
        """True: a dongle can be tuned."""
        return True

    def reach_hz(self) -> tuple[tuple[float, float], ...]:
        """Return the ranges that it tunes to, Hz."""
        return self._traits.reach_hz

    def tune(self, *, center_hz: float, gain_db: float | None = None) -> None:
        """Tune; the gain is set to the nearest step the tuner has, and kept.

        Raises
        ------
        FrequencyRefused
            The tuner has a gap there.
        DeviceLost
            The dongle is gone.
        """
        dongle = self._held.hold()
        try:
            if gain_db is not None and gain_db != self._wish_db:
                self._wish_db = gain_db
                self._gain_db = dongle.set_gain(gain_db)
            self._stale = True
            dongle.tune(round(center_hz))
            self._center_hz = float(round(center_hz))
        except DeviceLost as error:
            raise self._held.lose(error) from error

    def read(self, *, count: int) -> IqBlock:
        """Return up to ``count`` samples of one uninterrupted transfer.

        Raises
        ------
        DeviceLost
            The dongle is gone, has stalled, or gives the same value or the same block for ever (a dead
            converter must never look like a quiet room).
        """
        dongle = self._held.hold()
        try:
            data = self._read_bytes(dongle, min(count, self._traits.longest_samples))
        except DeviceLost as error:
            raise self._held.lose(error) from error
        self._blocks += 1
        form = self._form.name
        samples = to_complex(data, form)
        return IqBlock(
            t_ns=max(0, self._clock.now_ns() - round(len(samples) * 1e9 / dongle.rate_hz)),
            center_hz=self._center_hz,
            rate_hz=dongle.rate_hz,
            gain_db=self._gain_db,
            samples=samples,
            clipped_share=clipped_share(data, form),
            sample_format=form,
        )

    def _read_bytes(self, dongle: Dongle, count: int) -> bytes:
        size = self._form.sample_bytes
        if self._stale:
            dongle.drop_stale(_packets(SETTLING_S * dongle.rate_hz, size))
            self._stale = False
        wanted = count * size
        data = dongle.read(_packets(count, size))[:wanted]
        self._counts = dongle.counts()
        if len(data) < wanted:
            self._short_reads += 1
        whole = data[: len(data) - len(data) % size]
        self._require_alive(whole)
        if self._repeated.push(whole, len(whole) / size / dongle.rate_hz):
            raise self._dead("the same samples again and again")
        return whole

    def _require_alive(self, data: bytes) -> None:
        values = np.frombuffer(data, self._form.dtype)
        if values.size < VALUES_PER_SAMPLE:
            raise DeviceLost(
                f"The {self._traits.kind} gives no samples",
                hint="Unplug it and plug it in again.",
                reason=Reason.STALLED,
            )
        if values.size >= USB_PACKET_BYTES and values.min() == values.max():
            raise self._dead(f"nothing but the value {values[0]}")
        if (
            values.size >= SETTLED_VALUES
            and (values[::2] == values[0]).all()
            and (values[1::2] == values[1]).all()
        ):
            raise self._dead(f"nothing but the values {values[0]} and {values[1]}")

    def _dead(self, what: str) -> DeviceLost:
        return DeviceLost(
            f"The {self._traits.kind} gives {what}",
            hint="Unplug it and plug it in again; if it stays so, it is broken.",
            reason=Reason.GARBAGE,
        )

    def health(self) -> DeviceHealth:
        """Return the health of the receiver; a sample rate other than the one asked for is not well.

        Such a receiver can be used all the same.
        """
        numbers = {
            "rate_hz": self._rate_hz,
            **({} if self._gain_db is None else {"gain_db": self._gain_db}),
            "blocks": float(self._blocks),
            "short_reads": float(self._short_reads),
            **self._counts,
        }
        health = self._held.health(numbers)
        wanted_hz = self._traits.wanted_hz or self._config.rate_hz
        if health.ok and abs(self._rate_hz / wanted_hz - 1) > RATE_TOLERANCE:
            ran = f"It runs at {self._rate_hz:.0f} S/s, not {wanted_hz:.0f}."
            setting = "hw.sdr.rate_hz" if self._traits.wanted_hz is None else "hw.sdr.soapy_rate_hz"
            hint = f"{ran} Set {setting} to a rate it can do."
            return DeviceHealth(ok=False, reason=Reason.GARBAGE, hint=hint, numbers=health.numbers)
        return health


def _packets(samples: float, sample_bytes: int) -> int:
    """Return the bytes of so many samples, rounded up to whole USB packets."""
    return math.ceil(samples * sample_bytes / USB_PACKET_BYTES) * USB_PACKET_BYTES
