"""Types of a stored inspection: who inspected, where, when, with what devices, and the result.

Everything here is already redacted: devices that nobody suspects are named by the unit's pseudonyms only,
and the clear addresses of suspicious ones lie sealed in
``sealed``. `firmware.records.build_record` makes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config

from firmware.records.custody.errors import StoreDamaged
from firmware.verdict.advice import Advice
from firmware.verdict.model import Verdict

STRICT = ConfigDict(extra="forbid")
SHOWN_FAULTS = 3  # of a record that cannot be read
TEXT_MOST = 200  # characters of a word that a person or a device gave
FINDINGS_MOST = 20_000
ATTACHMENTS_MOST = 200
VISITS_MOST = 40_000
NOT_INSPECTED_FOR = "early.occupied"  # the reason of leaving that says that nobody could go in

RecordKind = Literal["cubicle", "corridor", "personal", "scan", "site"]
CheckState = Literal["looked", "skipped", "found", "unreachable"]
Text = Annotated[str, Field(max_length=TEXT_MOST)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The place of an inspection; any part may be empty."""

    site: Text = ""
    room: Text = ""
    cubicle: Text = ""


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The time of an inspection by the unit's clock. ``offset_s`` is what the local zone adds to UTC."""

    started_utc_ns: int
    ended_utc_ns: int
    zone: Text = "UTC"
    offset_s: Annotated[int, Field(ge=-64_800, le=64_800)] = 0


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class UsedDevice:
    """A device that measured, or the unit itself; ``serial`` is empty where a device has none to read."""

    role: Text  # unit, or a role of `hw.types.DeviceInfo`
    backend: Text
    name: Text
    detail: Text = ""
    serial: Text = ""


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationAge:
    """A calibration and its age when the inspection began; None where it was never done."""

    name: Text
    age_s: float | None


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class SensorLook:
    """The work of one sensor: ``coverage`` is None where it was missing, ``reasons`` are message keys."""

    sensor: Literal["rf", "wifi", "ble", "lens"]
    coverage: float | None
    parts: Mapping[str, float]
    reasons: tuple[Text, ...] = ()
    read: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was heard or seen, as its JSON line with every address replaced.

    ``subject`` is what the verdict's contributions call it. ``identity`` says what makes it the same thing
    another day: its address, only its looks, or nothing (`firmware.records.compare.diff`).
    """

    sensor: Literal["rf", "wifi", "ble", "lens"]
    subject: Text
    score: float
    suspicious: bool
    identity: Literal["address", "looks", "none"]
    data: Mapping[str, Any]


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """The lit part of the wall: a digit for each cell, from how many sides (0…3), row by row from the top."""

    cell_m: Annotated[float, Field(gt=0.0, le=10.0)]
    rows: Annotated[
        tuple[Annotated[str, Field(pattern="^[0-3]{1,512}$")], ...], Field(min_length=1, max_length=512)
    ]


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that belongs to the record, known by its content."""

    sha256: Digest
    name: Text
    media_type: Text
    size_bytes: Annotated[int, Field(ge=0)]


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The number of differences from an earlier record; ``health`` says whether that one could serve."""

    beside: Literal["corridor", "earlier"]
    record: Text
    health: Text = ""
    new: Annotated[int, Field(ge=0)] = 0
    missing: Annotated[int, Field(ge=0)] = 0
    louder: Annotated[int, Field(ge=0)] = 0


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One place of a site, as the record of the whole site names it: ``entry`` is the hash of its entry."""

    record: Text
    entry: Digest
    kind: RecordKind
    room: Text
    cubicle: Text
    level: Text
    probability: float
    share_caught: float
    started_utc_ns: int
    looked: Annotated[int, Field(ge=0)] = 0
    left: Annotated[int, Field(ge=0)] = 0
    found: Annotated[int, Field(ge=0)] = 0
    compared: tuple[Compared, ...] = ()
    enough: bool = False  # looked at well enough for its word to count
    alarm: Text = ""  # the level of the alarm that is kept, empty for none
    early: Text = ""  # message key of why it was left early

    @property
    def inspected(self) -> bool:
        """False where nobody could go in; what was heard there is still in its record."""
        return self.early != NOT_INSPECTED_FOR or self.enough or bool(self.alarm)


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class NotInspected:
    """One planned place of a site without a record; ``reason`` is a message key, empty for none."""

    room: Text
    cubicle: Text
    reason: Text = ""


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The recording that was replayed: its time and kit as its manifest tells; 0 and empty where unknown."""

    name: Text
    utc_ns: int = 0
    kit: Text = ""
    manifest_sha256: Annotated[str, Field(pattern=r"^(?:[0-9a-f]{64})?$")] = ""


@with_config(STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """The record of one inspection. ``verdict`` is the verdict line, with addresses replaced."""

    id: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z-]{3,63}$")]
    kind: RecordKind
    operator: Text
    place: Place
    span: Span
    kit: Text
    simulated: bool
    settings_sha256: Digest
    versions: Mapping[str, str]
    calibrations: tuple[CalibrationAge, ...]
    verdict: Mapping[str, Any]
    senses: tuple[SensorLook, ...]
    findings: Annotated[tuple[Finding, ...], Field(max_length=FINDINGS_MOST)]
    left_out: Annotated[int, Field(ge=0)] = 0  # things beyond `FINDINGS_MOST`, the least suspicious ones
    checklist: Mapping[str, CheckState] = field(default_factory=dict)  # message key of the place → state
    attachments: Annotated[tuple[Attachment, ...], Field(max_length=ATTACHMENTS_MOST)] = ()
    note: Annotated[str, Field(max_length=4000)] = ""
    sealed: str = ""
    country: Annotated[str, Field(max_length=2)] = ""  # whose help lines a report names; empty: not told
    wall: Wall | None = None
    minimum: Mapping[str, Any] | None = None  # what the place needed before NOTHING FOUND might be said
    compared: tuple[Compared, ...] = ()
    visits: Annotated[tuple[Visit, ...], Field(max_length=VISITS_MOST)] = ()  # of a whole site
    planned: Annotated[int, Field(ge=0)] = 0  # cubicles of the whole site
    not_inspected: Annotated[tuple[NotInspected, ...], Field(max_length=VISITS_MOST)] = ()  # of a whole site
    left_early: Text = ""  # message key of why this place was left early
    provenance: Literal["", "live", "replayed", "simulated"] = ""  # empty: written before this was kept
    recorded: Recorded | None = None  # what was replayed
    judged_with: Mapping[str, str] = field(default_factory=dict)  # what another expert needs to repeat it
    devices: tuple[UsedDevice, ...] = ()
    commitments: Mapping[str, Digest] = field(default_factory=dict)  # pseudonym → salted hash of its address

    def as_json(self) -> dict[str, Any]:
        """Return the record as plain JSON values."""
        return asdict(self)

    @property
    def level(self) -> str:
        """The level of the verdict."""
        return str(self.verdict.get("level", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class _WrittenAdvice:
    """The two values of a verdict that say what to do next."""

    next_step: str = ""
    next_gain: float = 0.0


_INSPECTION = TypeAdapter(Inspection)
_VERDICT = TypeAdapter(Verdict)
_ADVICE = TypeAdapter(_WrittenAdvice)


def read_inspection(body: bytes) -> Inspection:
    """Read a record from its JSON bytes.

    Raises
    ------
    StoreDamaged
        If it is not a record of this version.
    """
    try:
        return _INSPECTION.validate_json(body)
    except ValidationError as error:
        raise _not_read(error) from error


def read_verdict(record: Inspection) -> Verdict:
    """Return the verdict of a record.

    Raises
    ------
    StoreDamaged
        If it is not a verdict of this version.
    """
    try:
        said = _ADVICE.validate_python(record.verdict)
        advice = Advice.of(said.next_step, said.next_gain)
        return _VERDICT.validate_python({**record.verdict, "advice": advice})
    except ValidationError as error:
        raise _not_read(error) from error


def _not_read(error: ValidationError) -> StoreDamaged:
    listed = error.errors(include_url=False, include_input=False)[:SHOWN_FAULTS]
    what = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in listed)
    return StoreDamaged(f"This is not a record that this version reads ({what})")
