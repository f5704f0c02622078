"""The content of the screen, apart from how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from firmware.handheld.screen.inspection_views import InspectionView
from firmware.handheld.screen.views import (
    MENU,
    DeviceRow,
    FindingView,
    HealthRow,
    HomingView,
    LensPageView,
    MenuItem,
    Page,
    PictureView,
    SpectrumPageView,
)
from firmware.i18n.catalog import Language, Sentence
from firmware.i18n.help_lines import DEFAULT_COUNTRY, HelpLine, help_lines
from firmware.verdict.advice import Advice
from firmware.verdict.model import Level
from hw.types import SensorName

Condition = Literal["starting", "running", "finished", "lost", "missing"]
NOT_LOOKED_SHARE = 0.05  # below this a sensor has seen too little to say that it noticed nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorBadge:
    """The row of one sensor: its state, its coverage (0…1), and the one thing it has to say.

    ``trouble`` is the key of what is wrong with it while it still runs.
    """

    name: SensorName
    state: Condition
    coverage: float | None = None
    headline: Sentence | None = None
    alert: bool = False
    trouble: str = ""

    @property
    def unwell(self) -> bool:
        """True if somebody should look at the device."""
        return self.state in {"lost", "missing"} or bool(self.trouble)

    def spoken(self) -> Sentence:
        """Return the sentence beside its name: silence is only called quiet where it really looked."""
        if self.state in {"lost", "missing", "starting"}:
            return Sentence(key=f"state.{self.state}")
        if self.headline is not None:
            return self.headline
        if self.trouble:
            return Sentence(key=self.trouble)
        if (self.coverage or 0.0) < NOT_LOOKED_SHARE:
            return Sentence(key="screen.not_looked")
        return Sentence(key="screen.quiet" if self.state == "finished" else "screen.looking")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenState:
    """The whole content of the screen. ``reasons`` and ``findings`` come strongest first.

    ``progress`` is None where nobody knows how long the scan takes. ``selected`` is the chosen row;
    ``focused`` says that up and down move it. ``turn`` counts the leaves of texts that are too long for their
    room; ``clock`` is the time of day as the wall shows it, empty where nobody knows it.
    """

    level: Level
    probability: float
    prior: float
    share_caught: float
    sensors: tuple[SensorBadge, ...]
    lang: Language
    scanning: bool = False
    progress: float | None = None
    elapsed_s: float = 0.0
    clock: str = ""
    turn: int = 0
    reasons: tuple[Sentence, ...] = ()
    number_fits: bool = True  # False: the number contradicts the word, and only the word is shown
    answer: Sentence | None = None  # what a person said of the alarm of this place
    blind_to: tuple[str, ...] = ()
    advice: Advice = field(default_factory=Advice)  # asked by the page that shows it
    simulated: bool = False
    battery: float | None = None
    page: Page = "home"
    selected: int = 0
    focused: bool = False
    spectrum: SpectrumPageView = field(default_factory=SpectrumPageView)
    devices: tuple[DeviceRow, ...] = ()
    lens: LensPageView = field(default_factory=LensPageView)
    findings: tuple[FindingView, ...] = ()
    homing: HomingView | None = None
    picture: PictureView | None = None
    health: tuple[HealthRow, ...] = ()
    inspection: InspectionView = field(default_factory=InspectionView)
    menu: tuple[MenuItem, ...] = MENU
    ring: tuple[Page, ...] = ()  # pages of the ring where it is another than usual
    help_lines: tuple[HelpLine, ...] = field(default_factory=lambda: help_lines(DEFAULT_COUNTRY))
