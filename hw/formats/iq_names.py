"""Reads the datatype, sample rate and frequency of raw samples from their file's name or side file.

References
----------
rtl_433 ``src/fileformat.c`` (``g001_433.92M_250k.cu8``), gqrx ``gqrx_date_time_hz_rate_fc.raw``, PortaPack
``.C16`` with ``.TXT``, Universal Radio Hacker's ``.complex16u`` and its relatives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TYPES = {  # by suffix: SigMF datatypes
    ".cu8": "cu8", ".cs8": "ci8", ".ci8": "ci8", ".cu16": "cu16_le", ".cs16": "ci16_le", ".ci16": "ci16_le",
    ".sc16": "ci16_le", ".cs32": "ci32_le", ".ci32": "ci32_le", ".cf32": "cf32_le", ".fc32": "cf32_le",
    ".cfile": "cf32_le", ".cf64": "cf64_le", ".c16": "ci16_le", ".c8": "ci8", ".complex": "cf32_le",
    ".complex16u": "cu8", ".complex16s": "ci8", ".complex32u": "cu16_le", ".complex32s": "ci16_le",
}  # fmt: skip
UNITS_HZ = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}
GQRX = re.compile(r"^gqrx_\d+_\d+_(?P<hz>\d+)_(?P<rate>\d+)_fc$", re.IGNORECASE)
NUMBER = re.compile(r"(?<![\d.A-Za-z])(\d+(?:\.\d+)?)(k|M|G)?(Hz|sps|S)?(?![A-Za-z\d])", re.IGNORECASE)
SIDE_KEYS = {"sample_rate": "rate", "center_frequency": "hz"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDescription:
    """The known facts about raw samples; None where nothing states them."""

    datatype: str
    rate_hz: float | None = None
    center_hz: float | None = None


def describe_name(name: str, *, side_text: str = "") -> RawDescription | None:
    """Return the description of samples that a file's name, and the text beside it, state.

    Parameters
    ----------
    name : str
        File name without a trailing ``.gz``.
    side_text : str
        Content of the ``.TXT`` beside a PortaPack capture.

    Returns
    -------
    RawDescription or None
        None where the name is of no kind that holds raw samples.
    """
    stem, dot, suffix = name.rpartition(".")
    gqrx = GQRX.match(stem)
    if gqrx and suffix.casefold() == "raw":
        return RawDescription(datatype="cf32_le", rate_hz=float(gqrx["rate"]), center_hz=float(gqrx["hz"]))
    datatype = TYPES.get((dot + suffix).casefold())
    if datatype is None:
        return None
    told = _side_numbers(side_text)
    rate_hz, center_hz = rate_and_center(stem)
    return RawDescription(
        datatype=datatype, rate_hz=told.get("rate", rate_hz), center_hz=told.get("hz", center_hz)
    )


def rate_and_center(stem: str) -> tuple[float | None, float | None]:
    """Return sample rate and centre frequency in Hz that a name like ``g001_433.92M_250k`` states.

    Parameters
    ----------
    stem : str
        File name without its suffix.

    Returns
    -------
    rate_hz, center_hz : float or None
        Sample rate and centre frequency in Hz; None where the name states none.

    Notes
    -----
    ``sps`` and ``S`` mark a rate, ``Hz`` a frequency; without them ``k`` is a rate and ``M`` a frequency, the
    first of two, as rtl_433 reads them.
    """
    rate_hz = center_hz = None
    for number, prefix, unit in NUMBER.findall(stem):
        value = float(number) * UNITS_HZ[prefix.casefold()]
        kind = unit.casefold()
        if kind in {"sps", "s"}:
            rate_hz = value
        elif kind == "hz":
            center_hz = value if center_hz is None else center_hz
        elif prefix.casefold() == "k":
            rate_hz = value if rate_hz is None else rate_hz
        elif prefix and center_hz is None:
            center_hz = value
        elif prefix and rate_hz is None:
            rate_hz = value
    return rate_hz, center_hz


def _side_numbers(text: str) -> dict[str, float]:
    told = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        try:
            if equals and key.strip() in SIDE_KEYS:
                told[SIDE_KEYS[key.strip()]] = float(value)
        except ValueError:
            continue
    return told
