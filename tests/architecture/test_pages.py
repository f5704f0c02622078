"""What the pages for builders and technicians tell people to type exists: commands, options, settings."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from firmware.cli.app import app
from firmware.cli.lazy import UnloadedCommand
from firmware.settings.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "README.ko.md",
    ".github/CONTRIBUTING.md",
    "hw/ASSEMBLY.md",
    "hw/README.md",
    "firmware/diag/README.md",
    "firmware/cli/README.md",
    "firmware/inspection/README.md",
    "firmware/records/README.md",
)
# Pages that explain or give figures: they need not name a command, but what they link to is there.
MORE_PAGES = (
    "hw/EXPLANATION.md",
    "hw/FIGURES.md",
    "firmware/diag/FIGURES.md",
    "firmware/inspection/EXPLANATION.md",
    "firmware/inspection/FIGURES.md",
    "firmware/records/EXPLANATION.md",
    "firmware/records/FIGURES.md",
    ".github/DATA_PATH.md",
)
COMMAND = re.compile(r"(?:^|[\s`&;])(?:sudo )?(?:ansim-bench|ansim) ([a-z][^`#\n]*)")
SETTING = re.compile(r"`((?:hw|rf|wifi|ble|lens|ui)\.[a-z_.]+)(?: =[^`]*)?`")
LINK = re.compile(r"\]\(([^)#:]+)\)")


def commands(page: str) -> Iterator[str]:
    """Yield what stands in code behind ``ansim``."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for piece in re.findall(r"```\n(.*?)```|`([^`\n]+)`", text, re.DOTALL):
        for line in "".join(piece).splitlines():
            for found in COMMAND.findall(line.split(" #")[0]):
                yield found.strip()


def parsed(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that words name, and the rest of them."""
    command: Any = typer.main.get_command(app)
    while words and hasattr(command, "commands"):
        names = words[0].split("|")
        assert all(name in command.commands for name in names), words
        command, words = command.commands[names[0]], words[1:]
        command = command.entry.load() if isinstance(command, UnloadedCommand) else command
        if words[:1] == ["|"]:  # "calibrate lens | rf" names both
            words = []
    return command, words


@pytest.mark.parametrize("page", PAGES)
def test_every_command_on_a_page_exists_with_its_options(page: str) -> None:
    seen = 0
    for text in commands(page):
        words = [w.rstrip(",:") for w in shlex.split(text.replace("…", ""), posix=True)]
        words = words[: next((i for i, w in enumerate(words) if w in {"|", "&&", ";", "needs"}), len(words))]
        if not words or words[0] in {"COMMAND"}:
            continue
        command, rest = parsed(words)
        known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
        asked = {w.split("=")[0] for w in rest if w.startswith("--")}
        assert asked <= known, text
        seen += 1
    assert seen


def test_every_setting_in_the_builders_page_is_one() -> None:
    text = (ROOT / "hw/ASSEMBLY.md").read_text(encoding="utf-8")
    blocks = [b for b in re.findall(r"```\n(.*?)```", text, re.DOTALL) if b.lstrip().startswith("[")]
    assert blocks
    for block in blocks:
        Settings.model_validate(tomllib.loads(block))


def test_the_settings_that_pages_name_are_settings() -> None:
    flat = load_settings().model_dump()
    for page in PAGES:
        for name in SETTING.findall((ROOT / page).read_text(encoding="utf-8")):
            if (ROOT / name).suffix in {".toml", ".py", ".md"}:
                continue
            place: Any = flat
            for part in name.split("."):
                assert part in place, (page, name)
                place = place[part]
                if part == "backend":  # its keys are roles, and free
                    break


@pytest.mark.parametrize("page", [*PAGES, *MORE_PAGES])
def test_every_file_a_page_links_to_is_there(page: str) -> None:
    for target in LINK.findall((ROOT / page).read_text(encoding="utf-8")):
        assert (ROOT / page).parent.joinpath(target).exists(), target


def test_the_resistors_keep_the_light_within_its_limit() -> None:
    """The page's own figures, computed again: NTE30048, 47 ohms, 5.25 V, LEDs at their brightest."""
    text = (ROOT / "hw/ASSEMBLY.md").read_text(encoding="utf-8")
    ohms, limit_w_sr = 47.0, 1.0
    worst_a = (5.25 - 2 * 1.3) / ohms
    worst_w_sr = 8 * 0.080 * 1.3 * worst_a / 0.050
    assert worst_w_sr < limit_w_sr
    assert f"**{worst_w_sr:.2f} W/sr**" in text
    assert f"R = {ohms:.0f} Ω" in text
    assert f"{ohms:.0f} Ω" in (ROOT / "hw/wiring.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("room", ["tests", "firmware", "hw", "sweeper", "wifiscan", "handheld"])
def test_every_file_the_contributors_guide_names_is_there(room: str) -> None:
    text = (ROOT / ".github/CONTRIBUTING.md").read_text(encoding="utf-8")
    names = re.findall(rf"`({room}/[\w./-]+)`", text)
    assert names
    for name in (n for n in names if "NAME" not in n and "CODE" not in n):
        assert (ROOT / name).exists() or (ROOT / "firmware" / name).exists(), name
