"""A receiver that SoapySDR reaches: HackRF, Airspy, LimeSDR, bladeRF, PlutoSDR, SDRplay, or a remote one.

It is chosen by ``hw.sdr.soapy = "driver=hackrf"`` (with ``serial=…`` among several). Ranges, rates and gains
are read from the device. Without a driver's name nothing is searched for: that search would ask the network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw.config import SdrConfig
from hw.errors import (
    DeviceBusy,
    DeviceDenied,
    DeviceLost,
    DeviceMissing,
    FrequencyRefused,
    HwError,
    MissingComponent,
    Reason,
)
from hw.formats.iq import FORMATS
from hw.pi.deadline import DriverThread
from hw.pi.libsoapy import (
    END_ABRUPT,
    HAS_TIME,
    OVERFLOW,
    TIMEOUT,
    SoapyDevice,
    SoapyError,
    SoapyLibrary,
    ValueRange,
    load_soapy,
    markup,
)
from hw.pi.receiver import Receiver, Traits
from hw.pi.soapy_table import by_driver
from hw.protocols import Clock

# Some receivers load their firmware or calibrate themselves when they are opened.
OPEN_S = 15.0
ANSWER_S = 3.0
STALL_S = 1.0  # over the time that the samples take on the air
READ_S = 0.1  # of one call into the driver
MOST_STALE_S = 1.0  # of samples from before a retune: more than any driver keeps
MOST_TRIES = 4  # to read a stretch without a gap
LONGEST_READ_SAMPLES = 1 << 23  # 0.42 s at 20 MS/s
START_HZ = 2450e6
NEAR_HZ = 1e6  # a tuner that ends up further away than this has refused
FULL_CS16 = 32767.0  # a converter with fewer bits than its format is scaled by the driver
BUSY_WORDS = ("busy", "in use", "already open", "claim")
DENIED_WORDS = ("access", "permission", "denied", "insufficient perm")
GONE_WORDS = ("no_device", "no device", "not found", "disconnected")
EXAMPLE = 'For example hw.sdr.soapy = "driver=hackrf"; ansim diag devices names what is plugged in.'
REPLUG_HINT = "Plug it in again; it is found by itself."
RULES_HINT = "Install the udev rules of its Debian package and replug it, or join the plugdev group."
SLOWER_HINT = "Use a USB 3 port, close other programs, or set hw.sdr.soapy_rate_hz lower."


def parse_arguments(text: str) -> dict[str, str]:
    """Return ``driver=hackrf,serial=1`` as a mapping.

    Raises
    ------
    DeviceMissing
        It is not of that form, or names no driver.
    """
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    arguments = {key.strip(): value.strip() for key, _, value in pairs}
    if not arguments.get("driver") or not all(key and value for key, value in arguments.items()):
        raise DeviceMissing(f"{text!r} does not name a SoapySDR receiver", hint=EXAMPLE)
    return arguments


def pick_rate(spans: Sequence[ValueRange], wanted_hz: float) -> float:
    """Return the rate that a receiver has nearest below the one that is wanted.

    Parameters
    ----------
    spans : sequence of ValueRange
        Its rates, Hz.
    wanted_hz : float
        Sample rate, Hz.

    Returns
    -------
    float
        The wanted rate where it has that, else its next lower one, else its lowest; the wanted one where it
        says nothing about its rates.
    """
    below = [min(span.high, wanted_hz) for span in spans if span.low <= wanted_hz]
    if below:
        return max(below)
    return min((span.low for span in spans), default=wanted_hz)


class SoapyDongle:
    """An open receiver, called on a thread of its own with deadlines."""

    def __init__(self, library: SoapyLibrary, config: SdrConfig, arguments: Mapping[str, str]) -> None:
        self._driver = DriverThread("soapy")
        self._device: SoapyDevice | None = None
        self._overflows = 0
        self._gaps = 0
        self._kind = _kind(arguments["driver"])
        try:
            self._ask(lambda: self._open(library, config, arguments), OPEN_S)
        except HwError:
            self.close()
            raise

    def _open(self, library: SoapyLibrary, config: SdrConfig, arguments: Mapping[str, str]) -> None:
        try:
            found = _find(library, arguments)
            device = SoapyDevice(library, markup(found))
        except SoapyError as error:
            raise _why_not_open(self._kind, error) from error
        self._device, self.serial = device, found.get("serial", "")
        try:
            if not device.receives():
                raise DeviceMissing(f"The {self._kind} has no receive channel", hint=EXAMPLE)
            self._set_up(device, config, arguments["driver"])
        except SoapyError as error:
            raise _why_not_open(self._kind, error) from error

    def _set_up(self, device: SoapyDevice, config: SdrConfig, driver: str) -> None:
        wanted_hz = pick_rate(device.rate_spans(), config.soapy_rate_hz)
        self.rate_hz = device.set_rate(wanted_hz)
        if self.rate_hz <= 0:
            raise DeviceMissing(
                f"The {self._kind} runs at no sample rate", hint="Replug it.", reason=Reason.GARBAGE
            )
        if config.ppm:
            device.correct(config.ppm)
        reach_hz = tuple((span.low, span.high) for span in device.frequency_spans() if span.high > span.low)
        soapy_form, sigmf_form = _pick_format(*device.native_format())
        self.traits = Traits(
            kind=self._kind,
            sample_format=sigmf_form,
            start_hz=_start_hz(reach_hz),
            reach_hz=reach_hz,
            wanted_hz=wanted_hz,
            longest_samples=LONGEST_READ_SAMPLES,
        )
        self._sample_bytes = FORMATS[sigmf_form].sample_bytes
        self._gain = device.gain_span()
        self.name = f"{device.hardware() or self._kind} (SoapySDR {driver})"
        device.tune(self.traits.start_hz)
        device.start(soapy_form)

    def tune(self, center_hz: int) -> None:
        """Set the centre; raises `FrequencyRefused` where the tuner does not go."""
        device = self._hold()
        if not any(low <= center_hz <= high for low, high in self.traits.reach_hz):
            raise self._refused(center_hz)
        try:
            at_hz = self._ask(lambda: device.tune(center_hz))
        except SoapyError as error:
            if not self._answers(device):
                raise self._lost(error, "tune") from error
            raise self._refused(center_hz) from error
        if abs(at_hz - center_hz) > NEAR_HZ:
            raise self._refused(center_hz)

    def _answers(self, device: SoapyDevice) -> bool:
        try:
            self._ask(lambda: device.tune(self.traits.start_hz))
        except SoapyError:
            return False
        return True

    def _refused(self, center_hz: float) -> FrequencyRefused:
        reach = ", ".join(f"{low / 1e6:.0f}-{high / 1e6:.0f} MHz" for low, high in self.traits.reach_hz)
        return FrequencyRefused(
            f"The {self._kind} does not go to {center_hz / 1e6:.1f} MHz",
            hint=f"It says that it covers {reach}.",
        )

    def set_gain(self, gain_db: float) -> float | None:
        """Set the whole gain, and switch automatic gain off.

        Parameters
        ----------
        gain_db : float
            Gain that is wanted, in dB.

        Returns
        -------
        float or None
            Gain that was set, in dB; None where the receiver has none to set.
        """
        device = self._hold()
        if self._gain is None:
            return None
        wanted_db = min(max(gain_db, self._gain.low), self._gain.high)
        try:
            return float(self._ask(lambda: device.fix_gain(wanted_db)))
        except SoapyError as error:
            raise self._lost(error, "set the gain") from error

    def read(self, n_bytes: int) -> bytes:
        """Return one stretch without a gap; fewer bytes where the samples keep getting lost."""
        device = self._hold()
        count = n_bytes // self._sample_bytes
        longest_s = count / self.rate_hz * MOST_TRIES + STALL_S
        return bytes(self._ask(lambda: self._read_stretch(device, count), longest_s + ANSWER_S))

    def _read_stretch(self, device: SoapyDevice, count: int) -> memoryview:
        buffer = np.empty(count * self._sample_bytes, np.uint8)
        longest = np.empty(0, np.uint8)
        for _ in range(MOST_TRIES):
            got, whole = self._fill(device, buffer, count)
            if whole:
                return buffer.data
            if got * self._sample_bytes > len(longest):
                longest = buffer[: got * self._sample_bytes].copy()
        if not len(longest):
            raise DeviceLost(
                f"The {self._kind} gives samples faster than they can be read",
                hint=SLOWER_HINT,
                reason=Reason.GARBAGE,
            )
        return longest.data

    def _fill(self, device: SoapyDevice, buffer: NDArray[np.uint8], count: int) -> tuple[int, bool]:
        """Read until the buffer is full, or samples were lost; return how many came without a gap."""
        got, begin_ns = 0, None
        until_s = monotonic() + count / self.rate_hz + STALL_S
        while got < count:
            into = buffer[got * self._sample_bytes :]
            part = device.read(into, count - got, timeout_s=READ_S)
            if part.got in (0, TIMEOUT):
                if monotonic() > until_s:
                    raise self._stalled()
                continue
            if part.got == OVERFLOW:
                self._overflows += 1
                return got, False
            if part.got < 0:
                raise self._lost(SoapyError(f"SoapySDR {part.got}"), "read")
            if part.flags & HAS_TIME:
                begin_ns = part.time_ns if begin_ns is None else begin_ns
                late_ns = part.time_ns - begin_ns - got * 1e9 / self.rate_hz
                if abs(late_ns) > 1.5e9 / self.rate_hz + 1:
                    self._gaps += 1
                    return got, False
            got += part.got
            if part.flags & END_ABRUPT and got < count:
                self._overflows += 1
                return got, False
        return got, True

    def drop_stale(self, n_bytes: int) -> None:
        """Forget what waits in the driver from before a retune, and what comes while the tuner settles."""
        device = self._hold()
        self._ask(lambda: self._drain(device, n_bytes // self._sample_bytes), MOST_STALE_S + ANSWER_S)

    def _drain(self, device: SoapyDevice, settling: int) -> None:
        size = max(settling, 1)
        buffer = np.empty(size * self._sample_bytes, np.uint8)
        dropped, most = 0, MOST_STALE_S * self.rate_hz
        while dropped < most:
            part = device.read(buffer, size, timeout_s=0.0)
            if part.got in (0, TIMEOUT):
                break
            dropped += max(part.got, size if part.got == OVERFLOW else 0)
            if part.got < 0 and part.got != OVERFLOW:
                raise self._lost(SoapyError(f"SoapySDR {part.got}"), "read")
        self._fill(device, buffer, settling)

    def counts(self) -> Mapping[str, float]:
        """Return how often samples were lost, as the driver said it and as time stamps showed it."""
        return {"overflows": float(self._overflows), "gaps": float(self._gaps)}

    def _hold(self) -> SoapyDevice:
        if self._device is None:
            raise DeviceLost(f"The {self._kind} is closed", hint=REPLUG_HINT)
        return self._device

    def _ask(self, call: Callable[[], Any], timeout_s: float = ANSWER_S) -> Any:
        try:
            return self._driver.call(call, timeout_s=timeout_s)
        except TimeoutError as error:
            raise self._stalled() from error

    def _stalled(self) -> DeviceLost:
        return DeviceLost(
            f"The {self._kind} has stopped answering",
            hint="Unplug it and plug it in again; try another USB port or a powered hub.",
            reason=Reason.STALLED,
        )

    def _lost(self, error: SoapyError, verb: str) -> DeviceLost:
        return DeviceLost(f"The {self._kind} cannot {verb} any more: {error}", hint=REPLUG_HINT)

    def close(self) -> None:
        """Close as soon as the driver lets go."""
        self._driver.dismiss(lambda: self._device.close() if self._device is not None else None)


def _kind(driver: str) -> str:
    known = by_driver(driver)
    return f"{driver} receiver" if known is None else known.name


def _find(library: SoapyLibrary, arguments: Mapping[str, str]) -> dict[str, str]:
    """Return the arguments of the first receiver that matches, as SoapySDR lists it."""
    found = library.enumerate(markup(arguments))
    if found:
        return {**found[0], **arguments}
    kind = _kind(arguments["driver"])
    known = by_driver(arguments["driver"])
    if known is not None and known.module not in library.modules():
        raise MissingComponent(f"SoapySDR has no module for the {kind}", hint=known.install_hint)
    others = [each.get("serial", "?") for each in library.enumerate(f"driver={arguments['driver']}")]
    if others:
        raise DeviceMissing(f"No {kind} matches {markup(arguments)!r}", hint=f"Found: {', '.join(others)}.")
    raise DeviceMissing(
        f"No {kind} is plugged in", hint="Plug it in, and end the program that uses it, if there is one."
    )


def _pick_format(native: str, full: float) -> tuple[str, str]:
    """Return the stream's format for SoapySDR and for SigMF: the converter's own where its scale is known."""
    if native == "CS8":
        return "CS8", "ci8"
    if native == "CS16" and full >= FULL_CS16:
        return "CS16", "ci16_le"
    return "CF32", "cf32_le"


def _start_hz(reach_hz: tuple[tuple[float, float], ...]) -> float:
    if not reach_hz or any(low <= START_HZ <= high for low, high in reach_hz):
        return START_HZ
    low, high = reach_hz[0]
    return (low + high) / 2


def _why_not_open(kind: str, error: SoapyError) -> HwError:
    said = str(error).lower()
    if any(word in said for word in BUSY_WORDS):
        return DeviceBusy(f"Another program holds the {kind}", hint="End it, then start the scan again.")
    if any(word in said for word in DENIED_WORDS):
        return DeviceDenied(f"This user may not open the {kind}", hint=RULES_HINT)
    if any(word in said for word in GONE_WORDS):
        return DeviceMissing(f"The {kind} was unplugged", hint=REPLUG_HINT)
    return DeviceMissing(
        f"The {kind} does not start: {error}", hint="Replug it, or try another.", reason=Reason.STALLED
    )


def open_soapy(config: SdrConfig, clock: Clock, *, arguments: str | None = None) -> Receiver:
    """Open the receiver that is configured, or the one that ``arguments`` name.

    Raises
    ------
    MissingComponent, DeviceMissing, DeviceBusy, DeviceDenied
        With the hint that helps.
    """
    wanted = parse_arguments(arguments or config.soapy or "")
    library = load_soapy()
    return Receiver(lambda: SoapyDongle(library, config, wanted), config, clock)
