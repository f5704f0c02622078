"""``ansim session``: what is stored in clear is asked for first; a manifest cannot steer a terminal."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
import typer

from firmware.cli import session
from firmware.i18n.catalog import catalog_for
from hw.replay.manifest import read_manifest

GOLDEN = Path(__file__).parents[2] / "sessions" / "wifi-camera"


class Terminal:
    def isatty(self) -> bool:
        return True


def test_a_person_is_asked_before_strangers_are_stored_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(text: str, **more: object) -> bool:
        asked.append(text)
        return False

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr(typer, "confirm", answer)
    with pytest.raises(typer.Exit):
        session._ask_for_clear_captures("pi", catalog_for("en"), yes=False)
    assert "stored as they are" in asked[0]
    session._ask_for_clear_captures("pi", catalog_for("en"), yes=True)
    session._ask_for_clear_captures("sim:empty-room", catalog_for("en"), yes=False)
    assert len(asked) == 1


def test_without_anybody_to_ask_nothing_is_stored_in_clear(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    for lang in ("ko", "en"):
        with pytest.raises(typer.Exit):
            session._ask_for_clear_captures("auto", catalog_for(lang), yes=False)
        assert "--yes" in capsys.readouterr().err
    session._ask_for_clear_captures("auto", catalog_for("en"), yes=True)


def test_info_writes_out_what_would_steer_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "s"
    shutil.copytree(GOLDEN, folder)
    manifest = read_manifest(folder)
    assert manifest is not None
    path = folder / "manifest.toml"
    text = path.read_text().replace(f'kit = "{manifest.kit}"', 'kit = "\\u001b]0;pwn\\u0007\\u001b[2J"')
    path.write_text(text.replace(f"wall_ns = {manifest.wall_ns}", f"wall_ns = {10**40}"))
    session.info(folder)
    said = capsys.readouterr().out
    assert "\x1b]" not in said
    assert "\x07" not in said
    assert "pwn" in said
