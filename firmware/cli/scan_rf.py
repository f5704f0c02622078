"""`ansim scan rf`: the sweep, with its plot, the camera's picture and the comparison with another place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from firmware.cli.live_rf import cover_words, picture_block, shows_pictures, spectral_words
from firmware.cli.picture import upright
from firmware.errors import FirmwareError
from firmware.i18n.catalog import Catalog
from firmware.report.spectral_plot import save_spectral_plot
from firmware.report.sweep import save_plot
from firmware.runtime.session import inspect
from firmware.sensor import Sensor
from firmware.settings.settings import Settings
from firmware.verdict.engine import Snapshot
from hw.types import SensorName
from sweeper.picture import Picture, best_picture
from sweeper.receiver_group import SweepGroup
from sweeper.reference import ReferenceComparison, compare
from sweeper.spectral_sensor import SpectralSensor
from sweeper.sweeper import Sweeper
from sweeper.views import HopLevels

RISES_SHOWN, RANGES_SHOWN = 12, 6
NEIGHBOURS_MHZ = 4.5  # hops of the camera plan are 4 MHz apart


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepOptions:
    """The options of a sweep that stand for settings."""

    plan: str | None = None
    gain_check: bool = False
    rate_hz: float | None = None  # of a recording that does not say it
    center_hz: float | None = None


def with_options(overrides: list[str] | None, options: SweepOptions) -> list[str]:
    """Return the settings that the options of a sweep stand for, before those that were given by name."""
    return [
        *([] if options.plan is None else [f"rf.plan={options.plan}"]),
        *(["rf.gain_drop_test=true"] if options.gain_check else []),
        *([] if options.rate_hz is None else [f"hw.sdr.replay_rate_hz={options.rate_hz}"]),
        *([] if options.center_hz is None else [f"hw.sdr.replay_center_hz={options.center_hz}"]),
        *(overrides or []),
    ]


@dataclass(frozen=True, slots=True)
class InTerminal:
    """Something that only a terminal with shades can show."""

    shown: RenderableType


class AfterSweep:
    """The work after a sweep: plot, stored picture, comparison."""

    def __init__(
        self,
        *,
        plot: Path | None,
        picture: Path | None,
        reference: str | None,
        settings: Settings,
        catalog: Catalog,
    ) -> None:
        self._plot, self._picture, self._catalog = plot, picture, catalog
        self._known = None if reference is None else reference_levels(reference, settings)
        self._told: list[RenderableType | InTerminal] = []

    def __call__(self, sensors: Mapping[SensorName, Sensor], last: Snapshot) -> None:
        """Plot, store the picture and compare, as asked for. Results wait for `tell`."""
        sensor = sensors.get("rf")
        if isinstance(sensor, SpectralSensor):
            self._after_spectral(sensor, last)
        sweeper = _sweep_of(sensor)
        if sweeper is None:
            return
        self._told = [cover_words(sweeper.summary, sweeper.recording, self._catalog)]
        best = best_picture(sweeper.pictures())
        if best is not None:
            self._told.append(InTerminal(picture_block(best, self._catalog)))
        if self._known is not None:
            self._told.append(comparison_table(compare(self._known, sweeper.levels())))
        if self._plot is not None:
            views, found = (sweeper.spectrum_view(), sweeper.waterfall_view()), last.verdict.findings
            save_plot(self._plot, *views, sweeper.observations(), findings=found)
            self._told.append(Text(str(self._plot)))
        if self._picture is not None:
            self._told.append(self._store(best, self._picture))

    def _after_spectral(self, sensor: SpectralSensor, last: Snapshot) -> None:
        """Say what the spectra cover and plot them; powers hold no picture and no level of a receiver."""
        self._told = [spectral_words(sensor, self._catalog)]
        if self._plot is not None:
            views, found = (sensor.spectrum_view(), sensor.waterfall_view()), last.verdict.findings
            save_spectral_plot(self._plot, *views, sensor.observations(), findings=found)
            self._told.append(Text(str(self._plot)))
        if self._picture is not None:
            self._told.append(self._store(None, self._picture))

    @staticmethod
    def _store(best: Picture | None, path: Path) -> Text:
        if best is None:
            return Text("No picture: no analog video was clear enough.", style="yellow")
        upright(best.pixels).save(path, "PNG")
        return Text(f"{path}: {best.standard.upper()}, certain to {best.score:.0%}")

    def tell(self, console: Console) -> None:
        """Print the results of this work, when nothing else draws on the terminal."""
        for part in self._told:
            if not isinstance(part, InTerminal):
                console.print(part)
            elif shows_pictures(console):
                console.print(part.shown)


def _sweep_of(sensor: Sensor | None) -> Sweeper | None:
    """Return the sweep of an RF sensor, alone or beside a second receiver."""
    if isinstance(sensor, SweepGroup):
        return sensor.sweeper
    return sensor if isinstance(sensor, Sweeper) else None


def reference_levels(target: str, settings: Settings) -> tuple[HopLevels, ...]:
    """Sweep through a recorded session and return the levels of its hops."""
    kept: list[tuple[HopLevels, ...]] = []

    def take(sensors: Mapping[SensorName, Sensor], _last: Snapshot) -> None:
        sweeper = _sweep_of(sensors.get("rf"))
        if sweeper is not None:
            kept.append(sweeper.levels())

    if inspect(f"replay:{target}", settings, only={"rf"}, after=take).stopped:
        raise KeyboardInterrupt  # half a reference would call the other half local
    if not kept or not kept[0]:
        raise FirmwareError(
            f"{target} holds no sweep to compare with", hint="Record one: ansim session record."
        )
    return kept[0]


def comparison_table(found: ReferenceComparison) -> Table:
    """Return the table of what is stronger here than at the reference, and of failed comparisons."""
    table = Table(
        title=f"Local here: {len(found.local)} · hops compared: {found.compared}", title_justify="left"
    )
    for column in ("from", "to", "rise", "level"):
        table.add_column(column, justify="right")
    for rise in found.local[:RISES_SHOWN]:
        table.add_row(
            f"{rise.low_hz / 1e6:.2f} MHz", f"{rise.high_hz / 1e6:.2f} MHz", f"+{rise.rise_db:.0f} dB",
            f"{rise.level_db:.0f} dB",
        )  # fmt: skip
    if not found.complete:
        table.caption = "\n".join(_doubts(found))
        table.caption_style = "yellow"
    return table


def _doubts(found: ReferenceComparison) -> list[str]:
    """Say where the comparison is worth nothing, and where."""
    missing, clipped = found.missing_hz, found.clipped_hz
    return [
        *([f"Not in the reference: {len(missing)} hops, {_stretches(missing)}"] if missing else []),
        *([f"Overloaded in one of the two: {len(clipped)} hops, {_stretches(clipped)}"] if clipped else []),
    ]


def _stretches(hops_hz: Sequence[float]) -> str:
    """Return hops as a few ranges in MHz."""
    ordered = sorted(hz / 1e6 for hz in hops_hz)
    ranges: list[list[float]] = []
    for mhz in ordered:
        if ranges and mhz - ranges[-1][1] <= NEIGHBOURS_MHZ:
            ranges[-1][1] = mhz
        else:
            ranges.append([mhz, mhz])
    told = [f"{a:.0f}" if a == b else f"{a:.0f}-{b:.0f}" for a, b in ranges[:RANGES_SHOWN]]
    return ", ".join(told) + (" …" if len(ranges) > RANGES_SHOWN else "") + " MHz"
