"""`ansim calibrate`: measures this unit, so that its own faults are not taken for findings."""

from __future__ import annotations

import socket
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from firmware.cli.calibrated import calibration_table, refusal
from firmware.cli.errors import expected_errors
from firmware.cli.options import ConfigOption, KitOption, LangOption, SetOption
from firmware.cli.report_options import catalog_of
from firmware.errors import FirmwareError
from firmware.runtime.calibrate_rf import board_temperature_c, listen_to_itself
from firmware.runtime.calibrate_survey import count_airtime
from firmware.settings.calibration import LENS_FILE, RF_FILE, SURVEY_FILE, keep
from firmware.settings.settings import load_settings
from hw.clock import ManualClock, SystemClock
from hw.errors import MissingComponent
from hw.kit import open_device, parse_spec
from lensdetect.errors import BadConditions
from sweeper.selfnoise import dump_profile, learn
from sweeper.survey_baseline import dump_baseline, learn_baseline

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
    lang: LangOption = None,
    distance_m: Annotated[
        float | None,
        typer.Option("--distance", min=0.2, max=2.0, help="To the wall in metres, by tape, if measured."),
    ] = None,
    lux: Annotated[
        float | None,
        typer.Option("--lux", min=0.0, max=100_000.0, help="Room light on the target, by a meter or phone."),
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option("--target", help="Write the target to print into this PDF file, and measure nothing."),
    ] = None,
) -> None:
    """Measure dark level, hot pixels, delay of the lights, ring against side light, focus, distance.

    Hold the unit still, 30 to 50 cm before a plain, matt, white wall, with the room light off. Conditions in
    which nothing can be measured are refused with the reason, and the old calibration stays. How far the wall
    is follows from how the two lights shade it: give the true distance, and this unit is corrected by it.
    With the printed target in view (`--target`) sharpness, field of view, distortion and the infrared filter
    are measured, too, and a blurred camera is refused.
    """
    catalog = catalog_of(lang)
    with expected_errors():
        if target is not None:
            _write_target(target)
            typer.echo(str(catalog.text("calibrate.target.written", file=str(target))))
            return
        settings = load_settings(config=config, overrides=overrides or ())
        clock = SystemClock() if parse_spec(kit)[0] == "pi" else ManualClock()
        camera, leds = open_device("camera", spec=kit, config=settings.hw, clock=clock)
        measuring = str(catalog.text("calibrate.measuring"))
        with camera, leds, Console(stderr=True).status(measuring):
            camera.configure(settings.hw.camera)
            from lensdetect.calibrate import calibrate  # OpenCV is asked for by no other command here

            try:
                measured = calibrate(
                    camera=camera,
                    leds=leds,
                    clock=clock,
                    unit=socket.gethostname(),
                    config=settings.lens,
                    true_wall_m=distance_m,
                    lux=lux,
                )
            except BadConditions as error:
                raise refusal(error, catalog) from error
        path = keep(LENS_FILE, measured.as_toml(), folder=out)
    Console().print(calibration_table(measured, catalog))
    typer.echo(str(path))


def _write_target(path: Path) -> None:
    try:
        from firmware.report.target_page import draw_target
    except ModuleNotFoundError as error:
        raise MissingComponent(f"{error.name} is not installed", hint="Install ansim[report].") from error
    try:
        path.write_bytes(draw_target())
    except OSError as error:
        raise FirmwareError(
            f"{path} cannot be written: {error.strerror}", hint="Name another file."
        ) from error


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


@app.command("survey")
def survey(
    kit: KitOption = "auto",
    config: ConfigOption = None,
    overrides: SetOption = None,
    out: FolderOption = None,
    lang: LangOption = None,
    seconds: Annotated[
        float, typer.Option("--seconds", min=30, max=600, help="Time to count on all channels.")
    ] = 60.0,
) -> None:
    """Count how busy each Wi-Fi channel is at a place without a camera, for the survey to compare with.

    Do it once at a place that is known to be clean. For the corridor in front of the rooms, give a folder
    with --out and name its survey.json as rf.survey_corridor.
    """
    catalog = catalog_of(lang)
    with expected_errors():
        settings = load_settings(config=config, overrides=overrides or ())
        with Console(stderr=True).status(str(catalog.text("calibrate.survey.counting"))):
            levels = count_airtime(kit, settings, seconds=seconds)
        path = keep(SURVEY_FILE, dump_baseline(learn_baseline(levels, on=date.today())), folder=out)
    typer.echo(str(catalog.text("calibrate.survey.counted", channels=len(levels))))
    typer.echo(str(path))
