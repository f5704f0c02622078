"""Entries of the chain that declare a thing harmless at a site, or withdraw such a declaration."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config

from firmware.records.custody.canonical_json import canonical_json
from firmware.records.custody.errors import StoreDamaged

STRICT = ConfigDict(extra="forbid")
TEXT_MOST = 200
MARKS_MOST = 4096  # of one site
By = Literal["address", "signal", "looks"]
RadioName = Literal["rf", "wifi", "ble"]


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceMark:
    """The mark that recognises a thing, and its signal then. ``key`` is a keyed hash, never an address."""

    sensor: RadioName
    by: By
    key: Annotated[str, Field(max_length=TEXT_MOST)]
    label: Annotated[str, Field(max_length=TEXT_MOST)]
    score: Annotated[float, Field(ge=0.0, le=1.0)]
    level_db: float | None = None
    center_hz: float | None = None
    bandwidth_hz: float | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One entry: a thing declared harmless at a site, or such a declaration withdrawn."""

    id: Annotated[str, Field(pattern=r"^known-[0-9a-f]{8}$")]
    action: Literal["declare", "withdraw"]
    site: Annotated[str, Field(min_length=1, max_length=TEXT_MOST)]
    operator: Annotated[str, Field(max_length=TEXT_MOST)]
    reason: Annotated[str, Field(min_length=1, max_length=TEXT_MOST)]
    mark: DeviceMark | None = None
    withdraws: str = ""

    def body(self) -> bytes:
        """Return it as the bytes that are signed."""
        place = {"site": self.site, "room": "", "cubicle": ""}
        return canonical_json({"kind": "known", "place": place, **asdict(self)})


_DECLARATION = TypeAdapter(Declaration)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingDeclaration:
    """A declaration that holds, with the time of its entry."""

    declaration: Declaration
    mark: DeviceMark
    utc_ns: int


def read_declaration(body: bytes) -> Declaration:
    """Read an entry's body.

    Raises
    ------
    StoreDamaged
        If it is not a declaration of this version.
    """
    try:
        fields = json.loads(body)
        fields = {k: v for k, v in fields.items() if k not in {"kind", "place"}}
        return _DECLARATION.validate_python(fields)
    except (ValueError, AttributeError, ValidationError) as error:
        raise StoreDamaged("This is not a declaration that this version reads") from error


def in_force(entries: Iterable[tuple[Declaration, int]]) -> tuple[StandingDeclaration, ...]:
    """Return the declarations in force after all entries, oldest first; ``int`` is a time, UTC ns."""
    holding: dict[str, StandingDeclaration] = {}
    for declaration, utc_ns in entries:
        if declaration.action == "withdraw":
            holding.pop(declaration.withdraws, None)
        elif declaration.mark is not None:
            holding[declaration.id] = StandingDeclaration(
                declaration=declaration, mark=declaration.mark, utc_ns=utc_ns
            )
    return tuple(holding.values())[-MARKS_MOST:]
