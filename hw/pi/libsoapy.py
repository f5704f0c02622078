"""Binds the C interface of SoapySDR, which reaches any receiver that has a module for it.

The distribution's Python package `SoapySDR` is compiled for the distribution's one Python and is invisible to
a virtual environment without system packages. The C interface below it (``SoapySDR/Device.h``) is the same
for every Python: it is bound here by ctypes, which also lets other threads run while a driver waits.

References
----------
SoapySDR 0.8, ``Device.h``, ``Types.h``, ``Modules.h``, ``Errors.h``.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable, Mapping, Sequence
from ctypes import POINTER, byref, c_bool, c_char_p, c_double, c_int, c_long, c_longlong, c_size_t, c_void_p
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hw.errors import MissingComponent

RX, CHANNEL = 1, 0
HAS_TIME, END_ABRUPT = 1 << 2, 1 << 3  # flags of a read
TIMEOUT, OVERFLOW = -1, -4
ABI = "0.8"
QUIET = 1  # SOAPY_SDR_FATAL: errors arrive as errors here, not as lines on the terminal
FILES = ("libSoapySDR.so.0.8", "libSoapySDR.so.0.8.1", "libSoapySDR.0.8.dylib")
HINT = "On Debian or Raspberry Pi OS: sudo apt install python3-soapysdr, and the receiver's module."


class SoapyError(Exception):
    """A call failed; the text is the driver's own."""


class ValueRange(NamedTuple):
    """A range of frequencies, rates or gains, in Hz or dB."""

    low: float
    high: float


class StreamRead(NamedTuple):
    """The result of one read: how many samples, or a negative code; time stamp in ns if there is one."""

    got: int
    flags: int
    time_ns: int


class _Kwargs(ctypes.Structure):
    _fields_ = (("size", c_size_t), ("keys", POINTER(c_char_p)), ("values", POINTER(c_char_p)))


class _Range(ctypes.Structure):
    _fields_ = (("minimum", c_double), ("maximum", c_double), ("step", c_double))


_CHANNEL = (c_void_p, c_int, c_size_t)  # device, direction, channel
# Name behind SoapySDRDevice_: what it returns, what it takes.
_SIGNATURES: Mapping[str, tuple[Any, tuple[Any, ...]]] = {
    "lastStatus": (c_int, ()),
    "lastError": (c_char_p, ()),
    "enumerateStrArgs": (POINTER(_Kwargs), (c_char_p, POINTER(c_size_t))),
    "makeStrArgs": (c_void_p, (c_char_p,)),
    "unmake": (c_int, (c_void_p,)),
    "getHardwareKey": (c_void_p, (c_void_p,)),
    "getNumChannels": (c_size_t, (c_void_p, c_int)),
    "getNativeStreamFormat": (c_void_p, (*_CHANNEL, POINTER(c_double))),
    "getFrequencyRange": (POINTER(_Range), (*_CHANNEL, POINTER(c_size_t))),
    "getSampleRateRange": (POINTER(_Range), (*_CHANNEL, POINTER(c_size_t))),
    "getGainRange": (_Range, _CHANNEL),
    "listGains": (POINTER(c_char_p), (*_CHANNEL, POINTER(c_size_t))),
    "hasGainMode": (c_bool, _CHANNEL),
    "setGainMode": (c_int, (*_CHANNEL, c_bool)),
    "setGain": (c_int, (*_CHANNEL, c_double)),
    "getGain": (c_double, _CHANNEL),
    "setFrequency": (c_int, (*_CHANNEL, c_double, POINTER(_Kwargs))),
    "getFrequency": (c_double, _CHANNEL),
    "hasFrequencyCorrection": (c_bool, _CHANNEL),
    "setFrequencyCorrection": (c_int, (*_CHANNEL, c_double)),
    "setSampleRate": (c_int, (*_CHANNEL, c_double)),
    "getSampleRate": (c_double, _CHANNEL),
    "setupStream": (
        c_void_p,
        (c_void_p, c_int, c_char_p, POINTER(c_size_t), c_size_t, POINTER(_Kwargs)),
    ),
    "closeStream": (c_int, (c_void_p, c_void_p)),
    "activateStream": (c_int, (c_void_p, c_void_p, c_int, c_longlong, c_size_t)),
    "deactivateStream": (c_int, (c_void_p, c_void_p, c_int, c_longlong)),
    "readStream": (
        c_int,
        (c_void_p, c_void_p, POINTER(c_void_p), c_size_t, POINTER(c_int), POINTER(c_longlong), c_long),
    ),
}


class SoapyLibrary:
    """The C functions, with their types set and their errors raised."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._functions: dict[str, Any] = {}
        for name, (result, takes) in _SIGNATURES.items():
            function = getattr(library, f"SoapySDRDevice_{name}")
            function.restype, function.argtypes = result, takes
            self._functions[name] = function
        library.SoapySDR_getABIVersion.restype = c_char_p
        library.SoapySDR_setLogLevel.argtypes = (c_int,)
        library.SoapySDR_free.argtypes = (c_void_p,)
        library.SoapySDRKwargsList_clear.argtypes = (POINTER(_Kwargs), c_size_t)
        library.SoapySDRStrings_clear.argtypes = (POINTER(POINTER(c_char_p)), c_size_t)
        library.SoapySDR_listModules.restype = POINTER(c_char_p)
        library.SoapySDR_listModules.argtypes = (POINTER(c_size_t),)
        library.SoapySDR_setLogLevel(QUIET)

    @property
    def abi(self) -> str:
        """The version of the interface."""
        return (self._library.SoapySDR_getABIVersion() or b"").decode(errors="replace")

    def call(self, name: str, *arguments: Any) -> Any:
        """Call a function of the device interface.

        Raises
        ------
        SoapyError
            The driver has thrown, or returns a status other than 0.
        """
        result = self._functions[name](*arguments)
        status = self._functions["lastStatus"]()
        if status != 0:
            raise SoapyError((self._functions["lastError"]() or b"").decode(errors="replace") or str(status))
        return result

    def read(self, *arguments: Any) -> int:
        """Call readStream, whose negative results are codes and no errors."""
        return int(self._functions["readStream"](*arguments))

    def enumerate(self, markup: str) -> list[dict[str, str]]:
        """Return the devices that match ``key=value, …``, each as its arguments."""
        count = c_size_t(0)
        rows = self.call("enumerateStrArgs", markup.encode(), byref(count))
        try:
            return [_mapping(rows[i]) for i in range(count.value)]
        finally:
            if rows:
                self._library.SoapySDRKwargsList_clear(rows, count)

    def modules(self) -> tuple[str, ...]:
        """Return the file names of the modules that are installed, e.g. ``libHackRFSupport.so``."""
        count = c_size_t(0)
        rows = self._library.SoapySDR_listModules(byref(count))
        return tuple(Path(each).name for each in self.strings(rows, count.value))

    def strings(self, rows: Any, count: int) -> list[str]:
        """Return a list of strings, and free it."""
        found = [(rows[i] or b"").decode(errors="replace") for i in range(count)]
        if rows:
            self._library.SoapySDRStrings_clear(byref(rows), count)
        return found

    def text(self, pointer: int | None) -> str:
        """Return a string, and free it."""
        if not pointer:
            return ""
        found = (ctypes.cast(pointer, c_char_p).value or b"").decode(errors="replace")
        self._library.SoapySDR_free(pointer)
        return found

    def spans(self, rows: Any, count: int) -> tuple[ValueRange, ...]:
        """Return a list of ranges, ascending, and free it."""
        found = sorted(ValueRange(rows[i].minimum, rows[i].maximum) for i in range(count))
        if rows:
            self._library.SoapySDR_free(ctypes.cast(rows, c_void_p))
        return tuple(found)


def _mapping(row: _Kwargs) -> dict[str, str]:
    pairs = ((row.keys[i] or b"", row.values[i] or b"") for i in range(row.size))
    return {key.decode(errors="replace"): value.decode(errors="replace") for key, value in pairs}


def markup(arguments: Mapping[str, str]) -> str:
    """Return arguments as SoapySDR writes them: ``driver=hackrf, serial=1``."""
    return ", ".join(f"{key}={value}" for key, value in arguments.items())


class SoapyDevice:
    """One open receiver, its first receive channel, and the stream of its samples."""

    def __init__(self, library: SoapyLibrary, arguments: str) -> None:
        self._library = library
        self._device: int | None = library.call("makeStrArgs", arguments.encode())
        self._stream: int | None = None

    def _get(self, name: str, *arguments: Any) -> Any:
        return self._library.call(name, self._device, RX, CHANNEL, *arguments)

    def hardware(self) -> str:
        """Return the name of the hardware, as its driver says it."""
        return self._library.text(self._library.call("getHardwareKey", self._device))

    def receives(self) -> bool:
        """Return whether it has a receive channel."""
        return int(self._library.call("getNumChannels", self._device, RX)) > 0

    def native_format(self) -> tuple[str, float]:
        """Return the format of its converter, and what is full scale there."""
        full = c_double(0.0)
        return self._library.text(self._get("getNativeStreamFormat", byref(full))), full.value

    def frequency_spans(self) -> tuple[ValueRange, ...]:
        """Return what it tunes to, Hz."""
        return self._spans("getFrequencyRange")

    def rate_spans(self) -> tuple[ValueRange, ...]:
        """Return its sample rates, Hz; a single rate is a range without width."""
        return self._spans("getSampleRateRange")

    def _spans(self, name: str) -> tuple[ValueRange, ...]:
        count = c_size_t(0)
        rows = self._get(name, byref(count))
        return self._library.spans(rows, count.value)

    def gain_span(self) -> ValueRange | None:
        """Return the range of its whole gain, dB; None where it has no gain to set."""
        count = c_size_t(0)
        names = self._library.strings(self._get("listGains", byref(count)), count.value)
        found = self._get("getGainRange")
        return ValueRange(found.minimum, found.maximum) if names and found.maximum > found.minimum else None

    def fix_gain(self, gain_db: float) -> float:
        """Switch its automatic gain off, set the whole gain, and return what it then has, dB."""
        if self._get("hasGainMode"):
            self._get("setGainMode", False)
        self._get("setGain", gain_db)
        return float(self._get("getGain"))

    def set_rate(self, rate_hz: float) -> float:
        """Set the sample rate and return the one it runs at, Hz."""
        self._get("setSampleRate", rate_hz)
        return float(self._get("getSampleRate"))

    def correct(self, ppm: float) -> None:
        """Set the error of its crystal, where it can be corrected."""
        if self._get("hasFrequencyCorrection"):
            self._get("setFrequencyCorrection", ppm)

    def tune(self, center_hz: float) -> float:
        """Set the centre frequency and return the one it is at, Hz."""
        self._get("setFrequency", center_hz, None)
        return float(self._get("getFrequency"))

    def start(self, form: str) -> None:
        """Set the stream up in a format such as ``CS8``, and let it run."""
        channel = c_size_t(CHANNEL)
        self._stream = self._library.call(
            "setupStream", self._device, RX, form.encode(), byref(channel), 1, None
        )
        self._library.call("activateStream", self._device, self._stream, 0, 0, 0)

    def read(self, into: NDArray[np.uint8], count: int, *, timeout_s: float) -> StreamRead:
        """Read up to ``count`` samples into a buffer of bytes; it must hold as many."""
        buffers = (c_void_p * 1)(into.ctypes.data)
        flags, time_ns = c_int(0), c_longlong(0)
        got = self._library.read(
            self._device, self._stream, buffers, count, byref(flags), byref(time_ns), round(timeout_s * 1e6)
        )
        return StreamRead(got, flags.value, time_ns.value)

    def close(self) -> None:
        """Stop the stream and let the device go, whatever it says to that."""
        device, self._device = self._device, None
        stream, self._stream = self._stream, None
        if device is None:
            return
        if stream is not None:
            self._quietly("deactivateStream", device, stream, 0, 0)
            self._quietly("closeStream", device, stream)
        self._quietly("unmake", device)

    def _quietly(self, name: str, *arguments: Any) -> None:
        try:
            self._library.call(name, *arguments)
        except SoapyError:
            return  # it may be unplugged: there is nothing left to let go of


def _candidates() -> Sequence[str]:
    found = ctypes.util.find_library("SoapySDR")
    return [*FILES, *([found] if found else [])]


@cache
def load_soapy(load: Callable[[str], ctypes.CDLL] = ctypes.CDLL) -> SoapyLibrary:
    """Return the system's SoapySDR.

    Raises
    ------
    MissingComponent
        It is not installed, or speaks another version of the interface.
    """
    for candidate in _candidates():
        try:
            library = SoapyLibrary(load(candidate))
        except (OSError, AttributeError):
            continue
        if library.abi == ABI:
            return library
        raise MissingComponent(f"SoapySDR {library.abi} is not the {ABI} that ansim speaks", hint=HINT)
    raise MissingComponent("SoapySDR is not installed", hint=HINT)
