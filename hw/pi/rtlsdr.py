"""The RTL-SDR, through pyrtlsdr. `open_sdr` opens it, or the other receiver that is configured."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from hw.config import HwConfig, SdrConfig
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
from hw.pi.deadline import DriverThread
from hw.pi.librtlsdr import import_rtlsdr
from hw.pi.receiver import RTL_SDR, START_HZ, Receiver
from hw.pi.soapy_table import plugged_in
from hw.pi.usb_ports import BY_PORT, dongles, load_libusb, port_paths
from hw.protocols import Clock

# Over the time that the samples take on the air; USB hiccups stay below 100 ms.
STALL_S = 1.0
# Open and tune are a few dozen control transfers of at most 300 ms each.
ANSWER_S = 3.0
DDB_PER_DB = 10
ACCESS, NO_DEVICE, BUSY, TIMED_OUT = -3, -4, -6, -7  # libusb_error
USB_STRING_BYTES = 256  # of each of the three strings that librtlsdr fills in
NO_SUCH_SERIAL = (-2, -3)  # rtlsdr_get_index_by_serial: no devices, none of that serial

BY_NUMBER = re.compile(r"#\d{1,3}")  # instead of a serial: the n-th in the order of the USB bus
UDEV_HINT = "Install firmware/systemd/70-ansim.rules (make install-pi) and replug, or join the plugdev group."
DVB_HINT = "Stop other SDR programs; if none runs, blacklist dvb_usb_rtl28xxu (make install-pi) and replug."
REPLUG_HINT = "Plug it in again; it is found by itself."


class LocalDongle:
    """A dongle on this machine's USB."""

    traits = RTL_SDR

    def __init__(self, module: ModuleType, config: SdrConfig) -> None:
        self._library: Any = module.librtlsdr
        self._driver = DriverThread("rtlsdr")
        self._sdr: Any = None
        try:
            self._ask(lambda: self._open(module, config))
        except HwError:
            self.close()
            raise

    def _open(self, module: ModuleType, config: SdrConfig) -> None:
        index = _find(module, self._library, config.serial)
        self.name = (self._library.rtlsdr_get_device_name(index) or b"RTL-SDR").decode(errors="replace")
        self.serial = _serial_of(self._library, index)
        sdr = module.RtlSdr.__new__(module.RtlSdr)  # so that a half-opened one can still be closed
        try:
            sdr.open(index)
            sdr.set_sample_rate(config.rate_hz)
            self.rate_hz = float(sdr.get_sample_rate())
            if config.ppm:  # librtlsdr refuses to set the correction that is set already
                sdr.set_freq_correction(config.ppm)
        except (OSError, ZeroDivisionError) as error:
            _close_half_open(sdr, self._library)
            raise _why_not_open(error) from error
        self._sdr = sdr

    def tune(self, center_hz: int) -> None:
        """Set the centre. Called past pyrtlsdr's setter, which closes the device on any refusal."""
        code = self._ask(lambda: self._library.rtlsdr_set_center_freq(self._sdr.dev_p, center_hz))
        if code >= 0:
            return
        if code in (NO_DEVICE, TIMED_OUT) or not self._answers():
            raise _why_lost(code, "tune")
        raise FrequencyRefused(
            f"The tuner does not go to {center_hz / 1e6:.1f} MHz",
            hint="Its chip has a gap there (E4000, FC0012, FC0013); an R820T2 or R828D has none.",
        )

    def _answers(self) -> bool:
        """Whether it still tunes to a place that every tuner reaches."""
        sure_hz = round(START_HZ)
        return int(self._ask(lambda: self._library.rtlsdr_set_center_freq(self._sdr.dev_p, sure_hz))) >= 0

    def set_gain(self, gain_db: float) -> float:
        """Set the nearest gain that the tuner has.

        Parameters
        ----------
        gain_db : float
            Gain that is wanted, in dB.

        Returns
        -------
        float
            Gain that was set, in dB.
        """
        steps: list[int] = self._sdr.gain_values
        step = min(steps, key=lambda s: abs(s - gain_db * DDB_PER_DB))
        self._check(lambda: self._library.rtlsdr_set_tuner_gain_mode(self._sdr.dev_p, 1), "set the gain")
        self._check(lambda: self._library.rtlsdr_set_tuner_gain(self._sdr.dev_p, step), "set the gain")
        return step / DDB_PER_DB

    def read(self, n_bytes: int) -> bytes:
        """Return the bytes of one bulk transfer: fewer where the dongle falls short."""
        buffer = (ctypes.c_ubyte * n_bytes)()
        got = ctypes.c_int(0)
        pause_s = n_bytes / 2 / self.rate_hz + STALL_S
        call = self._library.rtlsdr_read_sync
        self._check(lambda: call(self._sdr.dev_p, buffer, n_bytes, ctypes.byref(got)), "read", pause_s)
        return bytes(memoryview(buffer)[: max(0, got.value)])

    def drop_stale(self, n_bytes: int) -> None:
        """Read what was sampled before the tuner had settled, and forget it."""
        self.read(n_bytes)

    def counts(self) -> Mapping[str, float]:
        """Return nothing: the library counts no losses."""
        return {}

    def _check(self, call: Any, verb: str, timeout_s: float = ANSWER_S) -> None:
        code = self._ask(call, timeout_s)
        if code < 0:
            raise _why_lost(code, verb)

    def _ask(self, call: Any, timeout_s: float = ANSWER_S) -> Any:
        try:
            return self._driver.call(call, timeout_s=timeout_s)
        except TimeoutError as error:
            raise DeviceLost(
                "The RTL-SDR has stopped answering",
                hint="Unplug it and plug it in again; try another USB port or a powered hub.",
                reason=Reason.STALLED,
            ) from error

    def close(self) -> None:
        """Close as soon as the driver lets go."""
        self._driver.dismiss(lambda: self._sdr.close() if self._sdr is not None else None)


def _serial_of(library: Any, index: int) -> str:
    """Return the serial number in a dongle's EEPROM, empty where it cannot be read."""
    maker, product, serial = ((ctypes.c_ubyte * USB_STRING_BYTES)() for _ in range(3))
    code = int(library.rtlsdr_get_device_usb_strings(index, maker, product, serial))
    return bytes(serial).partition(b"\0")[0].decode("ascii", "replace") if code == 0 else ""


def _find(module: ModuleType, library: Any, serial: str | None) -> int:
    if library.rtlsdr_get_device_count() == 0:
        raise DeviceMissing("No RTL-SDR is plugged in", hint="Plug in the dongle and start the scan again.")
    if serial is None:
        return 0
    if BY_NUMBER.fullmatch(serial):
        return _numbered(library, int(serial[1:]))
    if serial.startswith(BY_PORT):
        return _plugged_at(library, serial.removeprefix(BY_PORT))
    index = int(library.rtlsdr_get_index_by_serial(serial.encode()))
    if index in NO_SUCH_SERIAL:
        raise DeviceMissing(f"No RTL-SDR has the serial {serial!r}", hint=_serials_hint(module))
    return max(index, 0)


def _numbered(library: Any, number: int) -> int:
    """Return the index of the n-th dongle (from 1): for those whose serials are alike."""
    count = int(library.rtlsdr_get_device_count())
    if not 0 < number <= count:
        raise DeviceMissing(
            f"There is no RTL-SDR number {number}", hint=f"{count} are plugged in: #1 to #{count}."
        )
    return number - 1


def _plugged_at(library: Any, path: str) -> int:
    """Return the index of the dongle at a USB port: for those whose serials are alike."""
    usb = load_libusb()
    paths = [] if usb is None else port_paths(usb, dongles())
    if len(paths) != int(library.rtlsdr_get_device_count()):
        raise DeviceMissing(
            "The USB ports of the RTL-SDRs cannot be told", hint="Set hw.sdr.serial to #2 for the second."
        )
    if path not in paths:
        found = ", ".join(BY_PORT + each for each in paths)
        raise DeviceMissing(f"No RTL-SDR is plugged in at USB port {path}", hint=f"Found: {found}.")
    return paths.index(path)


def _serials_hint(module: ModuleType) -> str:
    try:
        found = ", ".join(module.RtlSdr.get_device_serial_addresses())
    except OSError:
        return "Set hw.sdr.serial, or leave it empty for the first dongle."
    return f"Found: {found}. Set hw.sdr.serial to one of these, to #2 for the second, or leave it empty."


def _close_half_open(sdr: Any, library: Any) -> None:
    if sdr.device_opened:
        sdr.close()
    elif getattr(sdr, "dev_p", None):
        library.rtlsdr_close(sdr.dev_p)


def _why_not_open(error: Exception) -> HwError:
    code = getattr(error, "errno", None)
    if code == ACCESS:
        return DeviceDenied("This user may not open the RTL-SDR", hint=UDEV_HINT)
    if code == BUSY:
        return DeviceBusy("Another program or the DVB driver holds the RTL-SDR", hint=DVB_HINT)
    if isinstance(error, ZeroDivisionError):
        return DeviceMissing("The RTL-SDR runs at no sample rate", hint="Replug it.", reason=Reason.GARBAGE)
    return DeviceMissing(
        f"The RTL-SDR does not start: {error}", hint="Replug it, or try another.", reason=Reason.STALLED
    )


def _why_lost(code: int, verb: str) -> DeviceLost:
    if code == TIMED_OUT:
        return DeviceLost(
            f"The RTL-SDR did not {verb} in time", hint="Try another USB port.", reason=Reason.STALLED
        )
    if code == NO_DEVICE:
        return DeviceLost("The RTL-SDR was unplugged", hint=REPLUG_HINT)
    return DeviceLost(f"The RTL-SDR cannot {verb} (libusb {code})", hint=REPLUG_HINT)


def open_sdr(*, target: str, config: HwConfig, clock: Clock) -> Receiver:
    """Open the receiver that is configured; without one, an RTL-SDR, else another one that is plugged in.

    Raises
    ------
    MissingComponent, DeviceMissing, DeviceBusy, DeviceDenied
        With the hint that helps.
    """
    if config.sdr.rtl_tcp is not None or target.startswith("tcp="):
        from hw.pi.rtltcp import open_rtl_tcp

        return open_rtl_tcp(config.sdr, clock, address=target.removeprefix("tcp=") or None)
    if config.sdr.soapy is not None or target.startswith("soapy="):
        from hw.pi.soapy import open_soapy

        return open_soapy(config.sdr, clock, arguments=target.removeprefix("soapy=") or None)
    try:
        module = import_rtlsdr()
        return Receiver(lambda: LocalDongle(module, config.sdr), config.sdr, clock)
    except (DeviceMissing, MissingComponent) as error:
        other = next(plugged_in(), None)
        if other is None or error.reason not in (Reason.NOT_FOUND, Reason.LIBRARY) or config.sdr.serial:
            raise
    from hw.pi.soapy import open_soapy

    return open_soapy(config.sdr, clock, arguments=f"driver={other[1].driver}")
