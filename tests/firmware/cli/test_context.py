"""Settings and language of a command: the option, then the setting, then the locale."""

from __future__ import annotations

import pytest

from firmware.cli.context import prepare, prepared_for
from firmware.cli.options import ScanOptions
from firmware.errors import SettingsError


@pytest.mark.parametrize(
    ("option", "setting", "locale", "chosen"),
    [
        ("en", "ui.lang=ko", "ko_KR.UTF-8", "en"),
        (None, "ui.lang=ko", "en_US.UTF-8", "ko"),
        (None, "ui.lang=auto", "ko_KR.UTF-8", "ko"),
        (None, "ui.lang=auto", "fr_FR.UTF-8", "en"),
    ],
)
def test_the_language(
    option: str | None, setting: str, locale: str, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", locale)
    assert prepare(config=None, overrides=[setting], lang=option).catalog.lang == chosen


def test_the_options_of_a_scan_reach_the_settings() -> None:
    settings, catalog = prepared_for(ScanOptions(overrides=["hw.sdr.gain_db=12.5"], lang="ko"))
    assert settings.hw.sdr.gain_db == 12.5
    assert catalog.lang == "ko"


def test_mistakes_are_raised_all_at_once() -> None:
    with pytest.raises(SettingsError) as wrong:
        prepare(config=None, overrides=["rf.plna=full", "hw.sdr.ppm=9999"], lang=None)
    assert {m.key for m in wrong.value.mistakes} == {"rf.plna", "hw.sdr.ppm"}
