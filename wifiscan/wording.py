"""What an identity rule says, in Korean: the English sentence is the contract, this is for people.

An `Identity.why` ends with what its rule names and begins with where that was seen. Both parts are known
here, the name from the air between them is kept as it is. So last year's record can be read in Korean, too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files

PLACES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"network name (.*): ", re.DOTALL), r"네트워크 이름 \1: "),
    (re.compile(r"device name (.*): ", re.DOTALL), r"기기 이름 \1: "),
    (re.compile(r"name (.*): ", re.DOTALL), r"이름 \1: "),
    (re.compile(r"company id (0x[0-9A-F]{4}): "), r"제조사 번호 \1: "),
    (re.compile(r"service (0x[0-9A-F]{4}): "), r"서비스 번호 \1: "),
)
BLOCK = re.compile(r"([0-9A-Fa-f:]{8}) is a block of (.{1,80})")


def in_korean(why: str) -> str:
    """Return ``why`` of an `Identity` in Korean; what no rule of ours wrote is returned as it is.

    Notes
    -----
    The longest known ending is taken, so a name from the air that quotes another rule changes nothing.
    """
    block = BLOCK.fullmatch(why)
    if block is not None:
        return f"주소 대역 {block[1]}: {block[2]}"
    for english, korean in _endings():
        if why.endswith(english):
            return _place(why.removesuffix(english), korean) or why
    return why


def _place(beginning: str, what: str) -> str:
    for pattern, korean in PLACES:
        found = pattern.fullmatch(beginning)
        if found is not None:
            return found.expand(korean) + what
    return ""


@lru_cache(maxsize=1)
def _endings() -> tuple[tuple[str, str], ...]:
    """Return (English, Korean) of every rule, the longest English first."""
    raw = tomllib.loads((files("wifiscan") / "data" / "signatures.toml").read_text(encoding="utf-8"))
    return tuple(sorted(dict(_pairs(raw)).items(), key=lambda pair: (-len(pair[0]), pair[0])))


def _pairs(raw: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for rows in raw.values():
        for row in rows if isinstance(rows, list) else ():
            if "what_ko" in row:
                yield row["what"], row["what_ko"]
