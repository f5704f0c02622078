"""Writes JSON in the canonical form of RFC 8785 (JSON Canonicalization Scheme), which format 2 signs.

Keys are sorted by their UTF-16 code units, numbers are written as ECMAScript writes them, text is UTF-8.
Integers that a double cannot hold exactly (times in ns are) become decimal text, as RFC 8785 appendix D
advises; NaN and infinities become null.

References
----------
RFC 8785, sections 3.2.2.2 (strings), 3.2.2.3 (numbers), 3.2.3 (sorting), appendix D (large integers).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

EXACT_MOST = (1 << 53) - 1  # RFC 7493, section 2.2: integers beyond lose digits in a double
FIXED_BELOW, FIXED_FROM = 1e21, 1e-6  # ECMA-262, Number::toString: outside, an exponent is written


def canonical_json(value: Any) -> bytes:
    """Return the canonical UTF-8 text of a JSON value.

    Parameters
    ----------
    value : mapping, list, tuple, str, int, float, bool or None
        Lone surrogates in text are replaced by a question mark: they have no UTF-8.

    Returns
    -------
    bytes
        The same for every program that follows RFC 8785.
    """
    return _written(value).encode("utf-8")


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = sorted(
            ((_clean(str(k)), v) for k, v in value.items()), key=lambda p: p[0].encode("utf-16-be")
        )
        return "{" + ",".join(f"{_text(k)}:{_written(v)}" for k, v in pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value) if abs(value) <= EXACT_MOST else f'"{value}"'
    return _number(float(value))


def _text(text: str) -> str:
    return json.dumps(_clean(text), ensure_ascii=False)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _number(number: float) -> str:
    """Write a double as ECMAScript does: the shortest digits that read back as the same number."""
    if not math.isfinite(number):
        return "null"
    if number == 0.0:
        return "0"
    sign, size = "-" if number < 0 else "", abs(number)
    mantissa, _, exponent = f"{size!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).strip("0") or "0"
    point = _point(whole, fraction) + int(exponent or 0)
    if FIXED_FROM <= size < FIXED_BELOW:
        return sign + _fixed(digits, point)
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{rest}e{point - 1:+d}"


def _point(whole: str, fraction: str) -> int:
    """Return how many of the significant digits stand before the decimal point."""
    if whole.strip("0"):
        return len(whole)
    return -(len(fraction) - len(fraction.lstrip("0")))


def _fixed(digits: str, point: int) -> str:
    if point <= 0:
        return "0." + "0" * -point + digits
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    return f"{digits[:point]}.{digits[point:]}"
