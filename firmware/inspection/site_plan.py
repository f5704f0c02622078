"""Site plans, written by the office: rooms, their cubicles and the operators. One TOML file for each site.

::

    [site]
    name = "서울역"
    operators = ["김하나", "07"]
    agency = "서울특별시 ○○구청"          # these four and the boxes stand on the form; each may be left out
    address = "서울 중구 한강대로 405"
    team = "점검 1팀"
    unit = "AS-0007"
    approval = ["담당", "팀장", "과장"]

    [[room]]
    name = "2층 여자 화장실"
    cubicles = 6                      # or names: ["1", "2", "장애인"]

    [minimum]                         # may be left out; it is signed into every record
    place = "toilet_cubicle"          # or changing_room, hotel_room, home
    least_s = 30                      # sensor time a cubicle, s
    without = ["rf"]                  # sensors that this unit does not have
    share = { "lens.surface" = 0.6 }  # least share of a part
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from firmware.errors import Mistake, SettingsError
from firmware.verdict.minimum import MinimumOfSite

STRICT = ConfigDict(extra="forbid", frozen=True)
NAME_MOST = 60  # characters: what a panel shows in two lines
SITES_MOST = 64
FILE_MOST_BYTES = 1 << 20
BUILT_IN = "demo.toml"
LINE_MOST = 160  # characters of an address
APPROVAL_MOST = 3  # boxes for signatures on the form
Line = Annotated[str, Field(max_length=LINE_MOST, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Annotated[str, Field(min_length=1, max_length=NAME_MOST, pattern=r"^[^\x00-\x1f\x7f/]+$")]


class RoomPlan(BaseModel):
    """One room and its cubicles, in the order of inspection."""

    model_config = STRICT
    name: Name
    cubicles: tuple[Name, ...] = Field(min_length=1, max_length=200)

    @field_validator("cubicles", mode="before")
    @classmethod
    def _numbered(cls, value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int):
            return value
        return tuple(str(n + 1) for n in range(min(max(value, 0), 201)))

    @model_validator(mode="after")
    def _unique(self) -> Self:
        _refuse_doubles("cubicle", self.cubicles)
        return self


class SiteHead(BaseModel):
    """Name and operators of a site, and what the office's own form says of it."""

    model_config = STRICT
    name: Name
    operators: tuple[Name, ...] = Field((), max_length=64)
    agency: Line = ""
    address: Line = ""
    team: Line = ""
    unit: Line = ""  # serial number of the handheld
    approval: tuple[Name, ...] = Field((), max_length=APPROVAL_MOST)


class SitePlan(BaseModel):
    """One site with its rooms."""

    model_config = STRICT
    site: SiteHead
    room: tuple[RoomPlan, ...] = Field(min_length=1, max_length=200)
    minimum: MinimumOfSite = MinimumOfSite()

    @field_validator("minimum")
    @classmethod
    def _usable(cls, value: MinimumOfSite) -> MinimumOfSite:
        value.applied()
        return value

    @model_validator(mode="after")
    def _unique(self) -> Self:
        _refuse_doubles("room", [room.name for room in self.room])
        _refuse_doubles("operator", self.site.operators)
        return self

    @property
    def name(self) -> str:
        """The name of the site."""
        return self.site.name

    @property
    def cubicle_count(self) -> int:
        """The number of cubicles of the whole site."""
        return sum(len(room.cubicles) for room in self.room)


def _refuse_doubles(what: str, names: Sequence[str]) -> None:
    double = next((n for i, n in enumerate(names) if n in names[:i]), None)
    if double is not None:
        raise ValueError(f"there are two {what}s called {double!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """The usable plans, and the mistakes in the others."""

    plans: tuple[SitePlan, ...]
    mistakes: tuple[Mistake, ...] = ()


def read_plan(path: Path) -> SitePlan:
    """Read one plan.

    Raises
    ------
    SettingsError
        With every mistake in the file.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(FILE_MOST_BYTES + 1)
        if len(raw) > FILE_MOST_BYTES:
            raise SettingsError([_mistake(path, "file", "is too large for a site plan")])
        return parse_plan(raw.decode("utf-8"), origin=str(path))
    except OSError as error:
        raise SettingsError([_mistake(path, "file", error.strerror or str(error))]) from error
    except UnicodeDecodeError as error:
        raise SettingsError([_mistake(path, "file", "is not UTF-8 text")]) from error


def parse_plan(text: str, *, origin: str) -> SitePlan:
    """Read one plan from its text; raises as `read_plan`."""
    try:
        return SitePlan.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([_mistake(origin, "file", f"not TOML: {error}")]) from error
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise SettingsError(
            [
                _mistake(
                    origin, ".".join(map(str, d["loc"])) or "site", d["msg"].removeprefix("Value error, ")
                )
                for d in details
            ]
        ) from error


def _mistake(origin: Path | str, key: str, why: str) -> Mistake:
    hint = "A plan has [site] name and operators, and [[room]] name and cubicles."
    return Mistake(key=key, origin=str(origin), why=why, hint=hint)


def load_sites(folder: Path) -> Sites:
    """Return every plan of a folder; a faulty one is left out and reported, and never stops the unit.

    Without any plan the built-in example is there, so that the unit can be tried out.
    """
    plans: list[SitePlan] = []
    mistakes: list[Mistake] = []
    for path in _plan_files(folder):
        try:
            plan = read_plan(path)
        except SettingsError as error:
            mistakes += error.mistakes
            continue
        if plan.name in {p.name for p in plans}:
            mistakes.append(_mistake(path, "site.name", f"there is another site called {plan.name!r}"))
        else:
            plans.append(plan)
    return Sites(plans=tuple(plans) or (built_in_plan(),), mistakes=tuple(mistakes))


def _plan_files(folder: Path) -> list[Path]:
    try:
        if folder.is_file():
            return [folder]
        return sorted(folder.glob("*.toml"))[:SITES_MOST]
    except OSError:
        return []


def built_in_plan() -> SitePlan:
    """Return the example that comes with ansim."""
    text = (files("firmware.inspection") / "sites" / BUILT_IN).read_text(encoding="utf-8")
    return parse_plan(text, origin=BUILT_IN)
