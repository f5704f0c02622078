"""An analog video receiver module (RX5808 and its cousins for 1.2 and 2.4 GHz) with a USB video grabber.

The module is tuned over three lines or I²C, tells its level by a voltage, and hands its picture to the
grabber. Nothing is sent. Nobody can see whether a module is soldered on: it is used where
``hw.video_receiver.module`` names it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from hw.config import HwConfig, VideoReceiverConfig
from hw.errors import DeviceLost, DeviceMissing, FrequencyRefused, HwError, Reason
from hw.pi.gpio import claim, drive, pins
from hw.pi.grabber import Grabber
from hw.pi.held_device import HeldHandle, PiDevice
from hw.pi.level_meters import METERS, WIRES_HINT, LevelMeter, open_i2c
from hw.pi.receiver_modules import (
    WORD_BITS,
    ReceiverModule,
    pll_bytes,
    receiver_modules,
    three_wire_word,
)
from hw.protocols import Clock
from hw.types import DeviceHealth, DeviceInfo, ReceiverLevel, VideoGrab

T = TypeVar("T")
PLL_ADDRESS = 0x61  # C2h on the wire
READINGS = 4  # of the voltage, of which the mean counts
LOWEST_V, HIGHEST_V = 0.15, 2.0  # what an RSSI pin has; an open or shorted input is beyond it
SET_HINT = (
    'With an RX5808 on the unit: hw.video_receiver.module = "rx5808", and hw.video_receiver.grabber = '
    '"/dev/video0" for its picture (hw/ASSEMBLY.md says how it is wired).'
)


class ModuleTuner(Protocol):
    """Interface of the lines that tune a module."""

    def write(self, divider: int) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class ThreeWires:
    """Data, select and clock of an RTC6715. The word is taken over as select rises."""

    def __init__(self) -> None:
        wires = pins("video_receiver")
        self._data = _output(wires["data"], high=False)
        self._select = _output(wires["select"], high=True)
        self._clock = _output(wires["clock"], high=False)

    def write(self, divider: int) -> None:
        """Write the synthesizer's register."""
        drive(lambda: self._shift(three_wire_word(divider)))

    def _shift(self, word: int) -> None:
        self._select.off()
        for place in range(WORD_BITS):
            self._data.value = word >> place & 1
            self._clock.on()
            self._clock.off()
        self._select.on()
        self._data.off()

    def close(self) -> None:
        """Release the pins."""
        for line in (self._data, self._select, self._clock):
            line.close()


def _output(pin: int, *, high: bool) -> Any:
    return claim(lambda gpiozero: gpiozero.DigitalOutputDevice(pin, initial_value=high))


class I2cPll:
    """The synthesizer of a tuner on I²C."""

    def __init__(self) -> None:
        self._bus = open_i2c()

    def write(self, divider: int) -> None:
        """Write divider and control byte; raises `DeviceLost` where it does not answer."""
        first, *rest = pll_bytes(divider)
        try:
            self._bus.write_i2c_block_data(PLL_ADDRESS, first, rest)
        except OSError as error:
            raise DeviceLost("The tuner does not answer at 61h", hint=WIRES_HINT) from error

    def close(self) -> None:
        """Release the bus."""
        self._bus.close()


TUNERS: dict[str, Callable[[], ModuleTuner]] = {"three-wire": ThreeWires, "i2c": I2cPll}


@dataclass(slots=True)
class _Parts:
    """The open parts of a module; ``grabber`` is None where none is named."""

    tuner: ModuleTuner
    meter: LevelMeter
    grabber: Grabber | None

    def close(self) -> None:
        for part in (self.tuner, self.meter, self.grabber):
            if part is not None:
                part.close()


class PiVideoReceiver(PiDevice[_Parts]):
    """A `VideoReceiver` over one module."""

    def __init__(self, module: ReceiverModule, config: VideoReceiverConfig, clock: Clock) -> None:
        self._module, self._config, self._clock = module, config, clock
        self._center_hz = 0.0
        self._levels = self._grabs = 0
        info = DeviceInfo(role="video_receiver", backend="pi", name=module.name)
        super().__init__(info, HeldHandle(self._connect, lambda parts: parts.close()))
        self._held.open()
        grabber = self._held.hold().grabber
        detail = "no grabber" if grabber is None else f"grabber {grabber.name}"
        self._info = DeviceInfo(role="video_receiver", backend="pi", name=module.name, detail=detail)

    def _connect(self) -> _Parts:
        opened: list[Any] = []
        try:
            for make in (TUNERS[self._module.control], self._meter, self._grabber):
                opened.append(make())  # noqa: PERF401 - what is open is closed where one fails
            parts = _Parts(*opened)
            self._tune(parts, (self._module.low_hz + self._module.high_hz) / 2)
            self._volts(parts)
        except HwError:
            for part in opened:
                if part is not None:
                    part.close()
            raise
        return parts

    def _meter(self) -> LevelMeter:
        return METERS[self._config.adc](self._config.adc_channel)

    def _grabber(self) -> Grabber | None:
        return None if self._config.grabber is None else Grabber(self._config.grabber)

    def reach_hz(self) -> tuple[tuple[float, float], ...]:
        """Return the range that it tunes to, Hz."""
        return ((self._module.low_hz, self._module.high_hz),)

    def has_picture(self) -> bool:
        """Return whether a grabber is behind it."""
        return self._config.grabber is not None

    def read_level(self, *, center_hz: float) -> ReceiverLevel:
        """Tune, wait until it has settled, and return the level.

        Raises
        ------
        FrequencyRefused
            The module does not go there.
        DeviceLost
            It does not answer, or its voltage is none of an RSSI pin.
        """
        return self._use(lambda parts: self._level(parts, center_hz))

    def _level(self, parts: _Parts, center_hz: float) -> ReceiverLevel:
        if center_hz != self._center_hz:
            self._tune(parts, center_hz)
        volts = self._volts(parts)
        self._levels += 1
        return ReceiverLevel(
            t_ns=self._clock.now_ns(),
            center_hz=center_hz,
            volts=volts,
            level_dbm=self._module.level_dbm(volts),
        )

    def _tune(self, parts: _Parts, center_hz: float) -> None:
        if not self._module.low_hz <= center_hz <= self._module.high_hz:
            reach = f"{self._module.low_hz / 1e6:.0f}-{self._module.high_hz / 1e6:.0f} MHz"
            raise FrequencyRefused(
                f"The {self._module.name} does not go to {center_hz / 1e6:.1f} MHz",
                hint=f"It covers {reach}.",
            )
        parts.tuner.write(self._module.divider(center_hz))
        self._center_hz = center_hz
        self._clock.sleep_until(self._clock.now_ns() + round(self._module.settle_s * 1e9))

    def _volts(self, parts: _Parts) -> float:
        volts = sum(parts.meter.volts() for _ in range(READINGS)) / READINGS
        if not LOWEST_V <= volts <= HIGHEST_V:
            raise DeviceLost(
                f"The RSSI pin of the {self._module.name} has {volts:.2f} V",
                hint=WIRES_HINT,
                reason=Reason.GARBAGE,
            )
        return volts

    def grab(self, *, center_hz: float, count: int) -> VideoGrab:
        """Tune and return the next pictures of the grabber.

        Raises
        ------
        DeviceLost
            The grabber is gone or gives no pictures.
        """
        return self._use(lambda parts: self._pictures(parts, center_hz, count))

    def _pictures(self, parts: _Parts, center_hz: float, count: int) -> VideoGrab:
        if center_hz != self._center_hz:
            self._tune(parts, center_hz)
        if parts.grabber is None:
            return VideoGrab(t_ns=self._clock.now_ns(), center_hz=center_hz, pictures=(), unlocked=False)
        pictures = parts.grabber.pictures(count)
        self._grabs += 1
        unlocked = parts.grabber.is_unlocked()
        return VideoGrab(t_ns=self._clock.now_ns(), center_hz=center_hz, pictures=pictures, unlocked=unlocked)

    def _use(self, act: Callable[[_Parts], T]) -> T:
        parts = self._held.hold()
        try:
            return act(parts)
        except DeviceLost as error:
            self._center_hz = 0.0
            raise self._held.lose(error) from error

    def health(self) -> DeviceHealth:
        """Return the health, with the numbers of levels and pictures read."""
        return self._held.health({"levels": float(self._levels), "grabs": float(self._grabs)})


def open_video_receiver(*, target: str, config: HwConfig, clock: Clock) -> PiVideoReceiver:  # noqa: ARG001
    """Open the module that the settings name.

    Raises
    ------
    DeviceMissing
        None is named, or its converter or grabber is not there.
    MissingComponent, DeviceDenied, DeviceBusy
        With the hint that helps.
    """
    wanted = config.video_receiver
    if wanted.module is None:
        raise DeviceMissing("No analog video receiver is set up", hint=SET_HINT)
    return PiVideoReceiver(receiver_modules()[wanted.module], wanted, clock)
