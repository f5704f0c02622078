"""`ansim calibrate`: measures this unit, so that its own faults are not taken for findings."""

from __future__ import annotations

import socket
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from firmware.cli.errors import expected_errors
from firmware.cli.options import ConfigOption, KitOption, SetOption
from firmware.runtime.calibrate_rf import board_temperature_c, listen_to_itself
from firmware.settings.calibration import LENS_FILE, RF_FILE, keep
from firmware.settings.settings import load_settings
from hw.clock import ManualClock, SystemClock
from hw.kit import open_device, parse_spec
from lensdetect.calibration import Calibration
from sweeper.selfnoise import dump_profile, learn

app = typer.Typer(
    no_args_is_help=True, help="Measure this unit: do it once after assembly and when it was open."
)
FolderOption = Annotated[
    Path | None, typer.Option("--out", help="Folder to store it in, instead of this unit's own.")
]


@app.callback()
def root() -> None:
    """Keep `lens` a command of its own."""


@app.command("lens")
def lens(
    kit: KitOption = "auto",
    config: ConfigOption = None,
    overrides: SetOption = None,
    out: FolderOption = None,
    distance_m: Annotated[
        float | None,
        typer.Option("--distance", min=0.2, max=2.0, help="To the wall in metres, by tape, if measured."),
    ] = None,
) -> None:
    """Measure dark level, hot pixels, delay of the lights, ring against side light, focus, distance.

    Hold the unit still, 30 to 50 cm before a plain, matt, white wall, with the room light off. Conditions in
    which nothing can be measured are refused with the reason, and the old calibration stays. How far the wall
    is follows from how the two lights shade it: give the true distance, and this unit is corrected by it.
    """
    with expected_errors():
        settings = load_settings(config=config, overrides=overrides or ())
        clock = SystemClock() if parse_spec(kit)[0] == "pi" else ManualClock()
        camera, leds = open_device("camera", spec=kit, config=settings.hw, clock=clock)
        with camera, leds, Console(stderr=True).status("Measuring the camera and its lights …"):
            camera.configure(settings.hw.camera)
            from lensdetect.calibrate import calibrate  # OpenCV is asked for by no other command here

            measured = calibrate(
                camera=camera,
                leds=leds,
                clock=clock,
                unit=socket.gethostname(),
                config=settings.lens,
                true_wall_m=distance_m,
            )
        path = keep(LENS_FILE, measured.as_toml(), folder=out)
    Console().print(_table(measured))
    typer.echo(str(path))


@app.command("rf")
def rf(
    kit: KitOption = "auto",
    config: ConfigOption = None,
    overrides: SetOption = None,
    out: FolderOption = None,
    runs: Annotated[int, typer.Option("--runs", min=2, max=20, help="Sweeps a state.")] = 3,
    temperature_c: Annotated[
        float | None,
        typer.Option("--temperature", help="Of the unit, in °C; read from the unit if it tells."),
    ] = None,
) -> None:
    """Measure the unit's own lines, so that a sweep masks them.

    Take the antenna off and put a 50 ohm terminator on the input first: what is heard now is the unit itself,
    at rest and with its lights and camera on. Stored with date and temperature; from now on every sweep of
    this unit masks them. Learn anew when date or temperature is far off: `ansim diag check` says so.
    """
    with expected_errors():
        settings = load_settings(config=config, overrides=overrides or ())
        with Console(stderr=True).status("Listening to the unit itself …") as status:
            heard = listen_to_itself(kit, settings, runs=runs, say=status.update)
        warmth = board_temperature_c() if temperature_c is None else temperature_c
        profile = learn(heard, on=date.today(), temperature_c=warmth)
        path = keep(RF_FILE, dump_profile(profile), folder=out)
    Console().print(f"{len(profile.lines)} lines of the unit itself, from {len(heard)} sweeps")
    typer.echo(str(path))


def _table(measured: Calibration) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_row("dark level", f"{measured.dark_dn:.1f} of 255")
    table.add_row("noise", f"{measured.noise_dn:.1f}")
    table.add_row("delay of the lights", f"{measured.latency_ms:.0f} ms")
    ratio = "no side light" if measured.ring_over_side is None else f"{measured.ring_over_side:.2f}"
    table.add_row("ring over side light", ratio)
    table.add_row("wall by shading", _wall(measured))
    table.add_row("hot pixels", f"{len(measured.hot_pixels)}")
    table.add_row("focus", f"{measured.focus:.4f} (to compare with this unit's other calibrations)")
    return table


def _wall(measured: Calibration) -> str:
    if measured.wall_m is None:
        return "not measurable: this unit goes by the usual distance"
    if measured.true_wall_m is None:
        return f"{measured.wall_m:.2f} m, not used before a tape confirms it: --distance"
    return f"{measured.wall_m:.2f} m, by tape {measured.true_wall_m:.2f} m: corrected"
