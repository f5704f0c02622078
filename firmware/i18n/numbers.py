"""Writes numbers with their units in the way of the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import isfinite

from babel import Locale
from babel.numbers import format_decimal as babel_decimal
from babel.numbers import format_percent as babel_percent

UNKNOWN = "–"
# Below this a probability reads "< 0.1 %": more digits would be invented.
SMALLEST_SHOWN = 0.001
LARGEST_SHOWN = 0.99  # above this it reads "> 99 %": never a claim of certainty
WHOLE_FROM = 10.0  # values from here on need no decimal
PERCENT_PATTERNS = ((0.001, "0.###%"), (0.01, "0.##%"), (0.1, "0.#%"), (2.0, "0%"))  # up to three digits
CHANNEL_14_MHZ, START_5_GHZ_MHZ, START_6_GHZ_MHZ = 2484, 4900, 5935
PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
PLAIN_UNITS = {"db": "dB", "dbm": "dBm", "s": "s", "ms": "ms", "m": "m"}
# Numbers written lately: a screen writes the same ones ten times a second.
KEPT = 2048


@lru_cache(maxsize=KEPT)
def format_decimal(value: float, pattern: str, locale: Locale) -> str:
    """Write a number by a pattern of CLDR."""
    return str(babel_decimal(value, pattern, locale=locale))


@lru_cache(maxsize=KEPT)
def format_percent(share: float, pattern: str, locale: Locale) -> str:
    """Write a share by a pattern of CLDR."""
    return str(babel_percent(share, pattern, locale=locale))


def write_decimal(value: float, locale: Locale, digits: int | None = None) -> str:
    """Write a number: whole if it is large, with one or two decimals if it is small, or with ``digits``."""
    if not isfinite(value):
        return UNKNOWN
    places = _places(value) if digits is None else digits
    least = "0" * places if digits is not None else "#" * places
    return format_decimal(value, f"#,##0.{least}" if places else "#,##0", locale)


def _places(value: float) -> int:
    if value == int(value) or abs(value) >= WHOLE_FROM * WHOLE_FROM:
        return 0
    return 1 if abs(value) >= WHOLE_FROM else 2


def write_percent(value: float, locale: Locale) -> str:
    """Write a share 0…1 in percent, with no more digits than are known."""
    if not isfinite(value):
        return UNKNOWN
    share = min(1.0, max(0.0, value))
    pattern = next(pattern for below, pattern in PERCENT_PATTERNS if share < below)
    return format_percent(share, pattern, locale)


def write_probability(value: float, locale: Locale) -> str:
    """Write a probability in percent, and never as 0 or 100."""
    if isfinite(value) and value < SMALLEST_SHOWN:
        return f"<{format_percent(SMALLEST_SHOWN, '0.#%', locale)}"
    if isfinite(value) and value > LARGEST_SHOWN:
        return f">{format_percent(LARGEST_SHOWN, '0%', locale)}"
    if not isfinite(value):
        return UNKNOWN
    return format_percent(value, "0%" if value * 100 >= WHOLE_FROM else "0.#%", locale)


def _scaled(value: float, locale: Locale, unit: str) -> str:
    factor, prefix = next(((f, p) for f, p in PREFIXES if abs(value) >= f), (1.0, ""))
    return f"{write_decimal(value / factor, locale)} {prefix}{unit}"


def write_frequency(value_hz: float, locale: Locale) -> str:
    """Write a frequency; MHz with kHz precision, because that is how channels are told apart."""
    mega = 1e6
    if mega <= value_hz < 1e4 * mega:
        digits = format_decimal(value_hz / mega, "0.###", locale)
        return f"{digits} MHz"
    return _scaled(value_hz, locale, "Hz")


def write_rate(value_bps: float, locale: Locale) -> str:
    """Write a data rate in bit/s with its prefix."""
    return _scaled(value_bps, locale, "bit/s")


def write_angle(value_deg: float, locale: Locale) -> str:
    """Write an angle; the degree sign stands without a space."""
    return f"{write_decimal(value_deg, locale)}°"


def write_clock(seconds: float) -> str:
    """Write a running time as 1:05 or 1:02:05."""
    whole = max(0, int(seconds)) if isfinite(seconds) else 0
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def write_plain(value: float, _locale: Locale) -> str:
    """Write a whole number without grouping: channels and years are names, not amounts."""
    return f"{value:.0f}" if isfinite(value) else UNKNOWN


def write_channel(value_mhz: float, _locale: Locale) -> str:
    """Write the number of a Wi-Fi channel from its centre in MHz; at 6 GHz numbers begin anew, so it says so.

    Source: IEEE 802.11-2020, annex E, and 802.11ax for 6 GHz.
    """
    if not isfinite(value_mhz):
        return UNKNOWN
    mhz = round(value_mhz)
    if mhz == CHANNEL_14_MHZ:
        return "14"
    if mhz < START_5_GHZ_MHZ:
        return str((mhz - 2407) // 5)
    if mhz < START_6_GHZ_MHZ:
        return str((mhz - 5000) // 5)
    return f"{2 if mhz == START_6_GHZ_MHZ else (mhz - 5950) // 5} (6 GHz)"


WRITERS: Mapping[str, Callable[[float, Locale], str]] = {
    "": write_decimal,
    "percent": write_percent,
    "probability": write_probability,
    "hz": write_frequency,
    "bps": write_rate,
    "deg": write_angle,
    "plain": write_plain,
    "channel": write_channel,
}


def write_number(value: float, spec: str, locale: Locale) -> str:
    """Write a number by the format word of a sentence: ``percent``, ``hz``, ``db``, ``.1f`` and so on.

    An unknown word writes the plain number: a mistake in a sentence must not hide the figure.
    """
    if spec in PLAIN_UNITS:
        return f"{write_decimal(value, locale)} {PLAIN_UNITS[spec]}"
    if spec[:1] == "." and spec.endswith("f") and spec[1:-1].isdigit():
        return write_decimal(value, locale, digits=int(spec[1:-1]))
    return WRITERS.get(spec, write_decimal)(value, locale)
