"""Content of the inspection and guided-scan pages, made by `inspection_view` and drawn by `pages`."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from firmware.i18n.catalog import Sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing to choose: its words, a smaller line below them, and a shape."""

    words: Sentence
    detail: Sentence | None = None
    shape: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One place to look, and how it is marked: "", looked, found or unreachable."""

    words: Sentence
    shape: str
    mark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One share with its name: how much was looked at, and how much is enough (0…1)."""

    words: Sentence
    share: float | None
    enough: float = 0.0
    shape: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRow:
    """One inspected place in a list: ``notes`` are short words about it."""

    words: Sentence
    level: str
    notes: tuple[Sentence, ...] = ()
    stored: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionView:
    """The content of all inspection pages. A page takes the parts that it has room for."""

    page: str = ""  # of the inspection's stage, whichever page is shown
    title: Sentence | None = None
    lead: Sentence | None = None  # what to do now, in one sentence
    detail: Sentence | None = None
    shape: str = ""
    choices: tuple[Choice, ...] = ()
    checks: tuple[CheckRow, ...] = ()
    bars: tuple[Bar, ...] = ()
    visits: tuple[VisitRow, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()  # level, how many
    lines: tuple[Sentence, ...] = ()
    progress: float | None = None
    keys: Sentence | None = None  # what the buttons do here
    notice: Sentence | None = None  # what the disk says, or what came of the place before
    alarm: bool = False  # the notice is a trouble
    step: tuple[int, int] = field(default=(0, 0))  # this one, of how many
    named: str = ""  # the sensor of what an alarm names
    patch: NDArray[np.uint8] | None = None  # of what an alarm names, shown live only
