"""Police and help lines of a country, as data with a source.

Read by pages and reports alike: ``help_lines(settings.country)``. A country without an entry gets the number
that every mobile phone connects to its emergency service, rather than none.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from firmware.errors import BadKnowledge
from firmware.i18n.catalog import Catalog, Written

FILE = "help_lines.toml"
Country = Literal["KR", "JP", "US", "GB", "DE", "FR", "AU", "EU"]
COUNTRIES: tuple[Country, ...] = get_args(Country)
DEFAULT_COUNTRY: Country = "KR"
ANYWHERE: Country = "EU"  # 112: every mobile phone knows it (3GPP TS 22.101, 10.1.1)
COUNTRY_OF_REGION: Mapping[str, Country] = {"kr": "KR", "eu": "EU", "us": "US"}  # of the band plan
Role = Literal["police", "police_advice", "support"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpLine:
    """One number to call: its purpose, and the message key of the office that answers."""

    number: str
    role: Role
    name: str


class _HelpEntry(BaseModel):
    """One entry of the file: a number is accepted only with its source; ``as_of`` is that page's date."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    number: str = Field(pattern=r"^#?[0-9][0-9 -]{1,18}$")
    role: Role
    name: str = Field(pattern=r"^help\.[a-z0-9_.]+$")
    source: str = Field(min_length=8)
    strength: Literal["A", "B"]
    as_of: str = Field("", pattern=r"^([0-9]{4}(-[0-9]{2}){0,2})?$")  # empty: its page bears no date


@lru_cache(maxsize=1)
def entries() -> Mapping[Country, tuple[_HelpEntry, ...]]:
    """Read and check the packaged list, once.

    Raises
    ------
    BadKnowledge
        If it is not what `_HelpEntry` says, or a country's first line is not its police.
    """
    text = (files("firmware.i18n") / FILE).read_text(encoding="utf-8")
    try:
        listed = TypeAdapter(dict[Country, tuple[_HelpEntry, ...]]).validate_python(tomllib.loads(text))
    except ValidationError as error:
        raise BadKnowledge(f"{FILE}: {error}") from error
    wrong = [c for c in COUNTRIES if not listed.get(c) or listed[c][0].role != "police"]
    if wrong:
        raise BadKnowledge(f"{FILE}: no police first for {', '.join(wrong)}")
    return listed


@lru_cache(maxsize=len(COUNTRIES) + 1)
def help_lines(country: str) -> tuple[HelpLine, ...]:
    """Return a country's numbers: the police first, then other help."""
    known = next((c for c in COUNTRIES if c == country), ANYWHERE)
    return tuple(HelpLine(number=e.number, role=e.role, name=e.name) for e in entries()[known])


def number_of(lines: Sequence[HelpLine], role: Role) -> str:
    """Return the first number of a role; empty where there is none."""
    return next((line.number for line in lines if line.role == role), "")


def call_words(catalog: Catalog, key: str, lines: Sequence[HelpLine]) -> Written:
    """Return a sentence that asks to call the police, with its number."""
    return catalog.text(key, police=number_of(lines, "police"))


def support_words(catalog: Catalog, lines: Sequence[HelpLine]) -> str:
    """Return the number of the victims' support line, with its name; empty where none is known."""
    support = number_of(lines, "support")
    return catalog.text("help.support", support=support) if support else ""


def line_words(catalog: Catalog, line: HelpLine) -> Written:
    """Return one line in words: the number, and the office that answers."""
    return catalog.text("help.line", number=line.number, name=catalog.text(line.name))
