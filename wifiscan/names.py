"""Names from the air as text: strict UTF-8, else their bytes; other encodings only where somebody asks.

A network name is up to 32 bytes of any encoding. Korean, Chinese and Japanese encodings overlap so far that
six bytes are sound text in several of them, and a guess would show letters that nobody wrote.
"""

from __future__ import annotations

import re

# name as people know it, Python's codec
LEGACY_ENCODINGS = (("CP949", "cp949"), ("GBK", "gb18030"), ("Shift-JIS", "cp932"), ("Big5", "big5hkscs"))
ESCAPED = re.compile(r"\\x([0-9a-f]{2})")
LONGEST_CHARACTER = 4  # bytes of UTF-8


def decode_name(raw: bytes, *, limit: int | None = None) -> str:
    r"""Return a name as text.

    Parameters
    ----------
    raw : bytes
        The name as it was sent; zeros at its end are not part of it.
    limit : int, optional
        Longest name that its field holds: one of this length may end inside a character.

    Returns
    -------
    str
        UTF-8 where the whole name is, otherwise ASCII with every other byte as ``\xNN``.
    """
    raw = raw.rstrip(b"\0")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        cut = error.reason == "unexpected end of data" and len(raw) == limit and error.start > 0
        if cut and error.start > len(raw) - LONGEST_CHARACTER:
            return raw[: error.start].decode("utf-8") + _escaped(raw[error.start :])
        return _escaped(raw)


def _escaped(raw: bytes) -> str:
    return raw.decode("ascii", errors="backslashreplace")


def readings(name: str) -> tuple[tuple[str, str], ...]:
    """Return (encoding, text) of a name that was shown as bytes, for each encoding in which it is sound."""
    if not ESCAPED.search(name):
        return ()
    raw = ESCAPED.sub(lambda m: chr(int(m[1], 16)), name).encode("latin-1", errors="ignore")
    found = []
    for shown, codec in LEGACY_ENCODINGS:
        try:
            found.append((shown, raw.decode(codec)))
        except UnicodeDecodeError:
            continue
    return tuple(found)
