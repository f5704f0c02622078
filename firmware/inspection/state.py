"""The state of an inspection, its events and its effects: frozen records, without any device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from firmware.inspection.site_plan import RoomPlan, SitePlan
from firmware.records.model import NOT_INSPECTED_FOR, CheckState, NotInspected, Place, RecordKind
from firmware.records.resolutions import Resolution
from firmware.verdict.model import Alarm, Shortfall
from hw.types import SensorName

Stage = Literal[
    "start", "site", "operator", "room", "reference", "corridor", "cubicle", "thin", "early", "summary",
    "personal", "result", "resolve", "resolve_why", "resolve_picture",
]  # fmt: skip
Word = Literal["up", "down", "ok", "ok_held", "back", "menu", "moment"]
StartRow = Literal["resume", "inspection", "personal", "readout"]
ReferenceRow = Literal["use", "measure", "skip"]
# Visits of one inspection; a site plan has at most 200 × 200 cubicles.
DONE_MOST = 40_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The circumstances of an event: coverage of the sensors, and the level of the verdict.

    ``alarm`` is the level of the alarm that this place keeps, ``resolution`` what was said of it, ``eye``
    whether the camera has a picture now.
    """

    coverage: Mapping[SensorName, float | None] = field(default_factory=dict)
    level: str = ""
    elapsed_s: float = 0.0
    scanning: bool = True
    fresh_id: str = ""  # of an inspection that would begin now
    short: tuple[Shortfall, ...] = ()  # what is missing of the place's minimum
    alarm: str = ""
    resolution: str = ""
    eye: bool = False
    kept: Alarm | None = None  # the whole alarm, for the saved progress

    @property
    def still_short(self) -> tuple[Shortfall, ...]:
        """The shortfalls that looking longer makes good: a missing sensor is none of them."""
        return tuple(s for s in self.short if s.what in {"part", "time"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The latest corridor reference of a site: its age, and whether it may still be used."""

    record: str
    age_s: float
    health: str  # fresh, stale, expired, unusable

    @property
    def usable(self) -> bool:
        """True where cubicles may be compared with it."""
        return self.health in {"fresh", "stale"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """One inspected place: its record, and the result once it was stored."""

    record: str
    kind: RecordKind
    room: str
    cubicle: str
    level: str
    share_caught: float = 0.0
    looked: int = 0  # places of the checklist
    left: int = 0
    found: int = 0
    stored: bool = False
    new: int = 0  # beside the last inspection of the same cubicle
    missing: int = 0
    louder: int = 0
    nearer: int = 0  # beside the corridor
    compared: bool = False
    enough: bool = False  # looked at well enough for its word to count
    alarm: str = ""  # the level of the alarm that is kept
    resolution: Resolution | Literal[""] = ""  # what a person said came of it
    early: str = ""  # message key of why it was left early

    @property
    def inspected(self) -> bool:
        """False where nobody could go in; what was heard there is still in its record."""
        return self.early != NOT_INSPECTED_FOR or self.enough or bool(self.alarm)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAnswer:
    """The answer that a person is giving to an alarm: of which record, and from which page."""

    record: str
    level: str
    back: Literal["result", "summary"]
    resolution: Resolution = "unclear"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The progress of an inspection, by names; it survives a power loss."""

    site: str
    operator: str
    walk: str
    visit: int
    stage: Literal["corridor", "cubicle"]
    room: str
    cubicle: str
    marks: Mapping[str, CheckState] = field(default_factory=dict)
    done: tuple[Visited, ...] = ()
    # The place is stored already: the power went before the progress was saved.
    behind: bool = False
    alarm: Alarm | None = None  # that the open place has shown


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionState:
    """The state of an inspection at one moment."""

    stage: Stage = "start"
    selected: int = 0
    plans: tuple[SitePlan, ...] = ()
    site: int = 0
    operator: str = ""
    room: int = 0
    cubicle: int = 0
    inspection_id: str = ""  # the ids of its records begin with it
    visit: int = 0  # number of the record that comes next
    marks: Mapping[str, CheckState] = field(default_factory=dict)
    done: tuple[Visited, ...] = ()
    reference: Reference | None = None
    resume: Checkpoint | None = None
    leaving: Stage = "cubicle"  # what the warning is about
    ending: bool = False  # the reason that is asked for is that of the whole inspection's end
    why_ended: str = ""  # message key of why it ended with places left out
    answer: OpenAnswer | None = None  # to an alarm, while it is being given
    alarm: Alarm | None = None  # of the open place, as it was saved last
    said: str = ""  # key of what came of the last press, where a page says it
    step: int = 0  # of the guided scan
    export: str = ""  # "", working, whole, failed
    exported: str = ""  # the file's name
    trouble: str = ""  # key of what the store says

    @property
    def plan(self) -> SitePlan:
        """The plan of the site that is inspected."""
        return self.plans[min(self.site, len(self.plans) - 1)]

    @property
    def room_plan(self) -> RoomPlan:
        """The room that is inspected."""
        return self.plan.room[min(self.room, len(self.plan.room) - 1)]

    @property
    def cubicle_name(self) -> str:
        """The cubicle that is inspected."""
        return self.room_plan.cubicles[min(self.cubicle, len(self.room_plan.cubicles) - 1)]

    @property
    def record(self) -> str:
        """Id of the record of the place that is inspected now."""
        return f"{self.inspection_id}-{self.visit:03d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """Make the sensors start afresh at another place, or at the one whose alarm a power loss interrupted."""

    alarm: Alarm | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Store the findings of the sensors at this place."""

    record: str
    kind: RecordKind
    operator: str = ""
    place: Place = field(default_factory=Place)
    checklist: Mapping[str, CheckState] = field(default_factory=dict)
    early: str = ""  # message key of why it was left early


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """Save the progress of the inspection; None removes it."""

    progress: Checkpoint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AskReference:
    """Look up the latest corridor reference of a site."""

    site: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Close the inspection: write a record of the whole site and its report, and check the file."""

    inspection_id: str
    site: str
    operator: str
    done: tuple[Visited, ...]
    planned: int = 0  # cubicles of the whole site
    not_inspected: tuple[NotInspected, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """Sign what came of the alarm of a record; ``live`` where it is the place that the engine shows."""

    record: str
    resolution: Resolution
    reason: str = ""
    with_picture: bool = False
    live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Show the readout and its pages until the person returns to the inspection."""


Effect = Begin | Keep | Save | AskReference | Export | Resolve | Leave


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStored:
    """A record is on the disk."""

    visited: Visited


@dataclass(frozen=True, slots=True, kw_only=True)
class NotStored:
    """A record is not on the disk yet, and why (a message key)."""

    record: str
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorridorKnown:
    """The corridor reference that the store has of a site."""

    reference: Reference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """The inspection that a power loss interrupted, with its last visit stored already or not."""

    progress: Checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportExported:
    """The report was written and checked; ``trouble`` is empty where it is whole."""

    name: str
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSigned:
    """The answer to an alarm was signed; ``trouble`` is empty unless it could not be."""

    record: str
    resolution: Resolution
    trouble: str = ""


WriterReply = RecordStored | NotStored | CorridorKnown | Recalled | ReportExported | AlarmSigned


class Transition(NamedTuple):
    """The next state, and the effects that it requests, in order."""

    state: InspectionState
    effects: tuple[Effect, ...] = ()


Handler = Callable[[InspectionState, Moment], Transition]
