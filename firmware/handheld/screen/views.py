"""Content of the pages beside the readout: plain data, made by `view_model`, drawn by `pages`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from firmware.i18n.catalog import Sentence
from hw.types import SensorName

Page = Literal[
    "home", "spectrum", "devices", "lens", "sensors", "menu", "finding", "homing", "picture",
    "start", "choose", "corridor", "cubicle", "thin", "summary", "personal", "result",
]  # fmt: skip
Trend = Literal["warmer", "colder", "steady", "lost", "searching"]
MarkLabel = Literal["lens", "reflector", "specular", "lamp", "unsure"]
MenuItem = Literal["scan", "finish", "rooms", "start", "theme", "language", "sound"]

LINES_MOST = 64  # spectrum lines drawn
DEVICES_MOST = 64
MARKS_MOST = 32
FINDINGS_MOST = 16
HISTORY_MOST = 120  # seconds of a homing trace
MENU: tuple[MenuItem, ...] = ("scan", "theme", "language", "sound")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrumLine:
    """One transmission: where, how strong over the noise, what it is, and whether it matters."""

    center_hz: float
    bandwidth_hz: float
    snr_db: float
    label: Sentence
    alert: bool = False
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectrumPageView:
    """Lines over the range that the receiver sweeps; ``at_hz`` is where it listens now."""

    low_hz: float = 24e6
    high_hz: float = 1766e6
    lines: tuple[SpectrumLine, ...] = ()
    at_hz: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """One Wi-Fi or Bluetooth device. ``name`` comes from the air; ``score`` is 0…1."""

    sensor: SensorName
    name: str
    detail: Sentence
    score: float
    rssi_dbm: float | None = None
    alert: bool = False
    known: bool = False  # declared harmless at this site


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateMark:
    """A candidate in the live picture, in shares 0…1 of its width and height."""

    x: float
    y: float
    label: MarkLabel
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LensPageView:
    """The live picture (grey), its candidates, and how many view angles (0…3) saw each cell of the wall."""

    picture: NDArray[np.uint8] | None = None
    marks: tuple[CandidateMark, ...] = ()
    cells: NDArray[np.uint8] | None = None
    guide: str = "guide.sweep"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """One finding: its sensor, its name, its reason, and how strongly it speaks for a camera (nats)."""

    sensor: SensorName
    subject: str
    reason: Sentence
    log_lr: float
    confirmed: bool = False
    where: Sentence | None = None  # where it is, and how to come nearer
    key: str = ""  # the subject's stable key


@dataclass(frozen=True, slots=True, kw_only=True)
class HomingView:
    """Homing on one thing: its level now, its best, the last levels, and the trend.

    ``unit`` is ``dbm``, or ``db`` over the noise for a transmission. ``notices`` say why there is no level,
    what to do about it, and how often a new one comes.
    """

    name: str
    level: float | None
    best: float | None = None
    history: tuple[float, ...] = ()
    trend: Trend = "searching"
    unit: Literal["dbm", "db"] = "dbm"
    sensor: SensorName = "wifi"
    notices: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    """The picture of an analog transmission: the strongest sign there is, shown live only."""

    picture: NDArray[np.uint8] | None
    center_hz: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRow:
    """The health of one device: what it read and dropped, and the key of what to do about it."""

    sensor: SensorName
    read: int = 0
    dropped: int = 0
    hint: str = ""
