"""Runs a simulated inspection and leaves screens, session and summary in one folder: `ansim demo`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from firmware.cli.errors import expected_errors
from firmware.cli.options import default_language, language
from firmware.cli.verdict import print_verdict
from firmware.errors import FirmwareError
from firmware.handheld.render import render
from firmware.handheld.screen.navigator import PagePosition
from firmware.handheld.screen.view_model import from_snapshot
from firmware.handheld.screen.views import Page
from firmware.i18n.catalog import LANGUAGES, Catalog, Language
from firmware.i18n.escape import visible
from firmware.log import configure_log
from firmware.report.html_summary import Scan, summary_html
from firmware.runtime.session import Outcome, inspect
from firmware.settings.settings import load_settings
from firmware.verdict.engine import Snapshot
from hw.sim.scene import Scene, load_scene

# A smaller eye than the handheld's, so that a laptop walks half a minute of room in a few seconds.
SMALLER_EYE = ("hw.camera.width_px=640", "hw.camera.height_px=480", "hw.camera.rate_hz=30")
PAGES: tuple[Page, ...] = ("home", "spectrum", "devices", "lens", "finding", "sensors")
MARKER = ".ansim-demo"  # says that a folder is ours to empty
SCREEN_EVERY_S = 10.0
TITLE_LIMIT = 120  # graphemes


def run_demo(scene: str, *, out: Path, lang: str | None, verbose: int) -> None:
    """Scan a simulated room and leave its screens, recorded session and summary in a folder."""
    configure_log(verbose=verbose)
    with expected_errors():
        room = load_scene(scene)
        chosen = language(lang) if lang else default_language(os.environ.get("LANG", ""))
        catalog = Catalog(chosen)
        folder = _fresh(out)
        title = room.title_ko if chosen == "ko" else room.title_en
        console = Console()
        console.print(
            Text(f"{catalog.text('cli.demo_title')} {visible(title, limit=TITLE_LIMIT)}", style="bold")
        )
        console.print(Text(catalog.text("report.simulated"), style="black on yellow"))
        outcome = _run_room(f"sim:{scene}", room, folder, catalog)
        screens = _save_screens(outcome, folder)
        _save_summary(outcome, room, screens, folder)
        print_verdict(console, outcome.snapshot, catalog, outcome.coverages)
        console.print(Text(f"{catalog.text('cli.left_in')} {folder}"), soft_wrap=True)
        for name in ("screens/", "session/", "summary-en.html", "summary-ko.html"):
            console.print(Text(f"  {name}"), soft_wrap=True)


def _run_room(spec: str, room: Scene, folder: Path, catalog: Catalog) -> Outcome:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[level]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(catalog.text("cli.scanning"), total=room.duration_s, level="")
        due_s = SCREEN_EVERY_S

        def watch(snapshot: Snapshot) -> bool:
            nonlocal due_s
            level = catalog.text(f"level.{snapshot.verdict.level.value}")
            progress.update(task, completed=snapshot.elapsed_s, level=level)
            if due_s <= snapshot.elapsed_s < room.duration_s:
                state = from_snapshot(
                    snapshot,
                    lang=catalog.lang,
                    progress=snapshot.elapsed_s / room.duration_s,
                    simulated=True,
                )
                render(state).save(folder / "screens" / f"walk-{due_s:02.0f}s-{catalog.lang}.png")
                due_s += SCREEN_EVERY_S
            return False

        settings = load_settings(overrides=SMALLER_EYE)
        return inspect(spec, settings, record_to=folder / "session", watch=watch)


def _draw(outcome: Outcome, lang: Language, page: Page) -> Image.Image:
    state = from_snapshot(
        outcome.snapshot,
        lang=lang,
        place=PagePosition(page=page),
        simulated=True,
    )
    return render(state)


def _save_screens(outcome: Outcome, folder: Path) -> dict[Language, Image.Image]:
    homes: dict[Language, Image.Image] = {}
    for lang in LANGUAGES:
        for page in PAGES:
            picture = _draw(outcome, lang, page)
            picture.save(folder / "screens" / f"{page}-{lang}.png")
            if page == "home":
                homes[lang] = picture
    return homes


def _save_summary(
    outcome: Outcome, room: Scene, screens: Mapping[Language, Image.Image], folder: Path
) -> None:
    for lang in LANGUAGES:
        scan = Scan(
            whereabouts=outcome.snapshot.whereabouts,
            title=room.title_ko if lang == "ko" else room.title_en,
            when=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
            simulated=True,
            verdict=outcome.snapshot.verdict,
            observations=outcome.observations,
            counts=outcome.counts,
            screens=[screens[lang]],
        )
        text = summary_html(scan, Catalog(lang))
        (folder / f"summary-{lang}.html").write_text(text, encoding="utf-8")


def _fresh(out: Path) -> Path:
    """Return an empty folder: a new one, or one of an earlier demo; never somebody else's files."""
    if out.exists():
        if not (out / MARKER).is_file() and (not out.is_dir() or any(out.iterdir())):
            raise FirmwareError(f"{out} holds something else", hint="Choose another folder with --out.")
        shutil.rmtree(out)
    (out / "screens").mkdir(parents=True)
    (out / MARKER).write_text("Made by `ansim demo`; the next demo empties this folder.\n", encoding="utf-8")
    return out.resolve()
