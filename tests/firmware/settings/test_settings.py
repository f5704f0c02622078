"""Settings: four layers, every mistake at once, and what to do about each."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.errors import SettingsError
from firmware.settings.sections import UiConfig
from firmware.settings.settings import Settings, list_settings, load_settings, load_with_origins

NOWHERE = Path("/nowhere/ansim.toml")


def load(*overrides: str, config: Path | None = None, machine: Path = NOWHERE) -> Settings:
    return load_settings(config=config, overrides=overrides, machine_file=machine)


def mistakes(*overrides: str, config: Path | None = None) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        load(*overrides, config=config)
    return {m.key: str(m) for m in caught.value.mistakes}


def test_what_is_packaged_is_right_and_equals_the_built_in_values() -> None:
    assert load() == Settings()


def test_later_layers_win_key_by_key(tmp_path: Path) -> None:
    machine, config = tmp_path / "machine.toml", tmp_path / "mine.toml"
    machine.write_text("[hw.sdr]\ngain_db = 10.0\nppm = 3\n[fusion]\npreset = 'hotel'\n")
    config.write_text("[hw.sdr]\ngain_db = 20.0\n")
    settings = load("hw.sdr.serial=7", config=config, machine=machine)
    assert (settings.hw.sdr.gain_db, settings.hw.sdr.ppm) == (20.0, 3)
    assert settings.prior == 0.001


def test_a_prior_in_numbers_overrides_the_preset() -> None:
    assert load().prior == 0.005
    assert load("fusion.preset=reason").prior == 0.05
    assert load("fusion.preset=reason", "fusion.prior=0.2").prior == 0.2


@pytest.mark.parametrize("text", ["ui.lang=ko", 'ui.lang="ko"', " ui.lang = ko "])
def test_values_may_be_plain_or_toml(text: str) -> None:
    assert load(text).ui.lang == "ko"


def test_a_device_may_come_from_another_kit() -> None:
    assert load("hw.backend.camera=sim:chrome-bathroom").hw.backend == {"camera": "sim:chrome-bathroom"}


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    config = tmp_path / "mine.toml"
    config.write_text("[hw.sdr]\ngian_db = 20.0\nppm = 900\n[wfi]\nx = 1\n")
    found = mistakes("ui.lang=fr", "fusion.prior=2", "nonsense", "=", config=config)
    assert set(found) == {"hw.sdr.gian_db", "hw.sdr.ppm", "wfi", "ui.lang", "fusion.prior", "nonsense", "?"}
    assert "Did you mean hw.sdr.gain_db?" in found["hw.sdr.gian_db"]
    assert "Did you mean wifi?" in found["wfi"]
    assert str(config) in found["hw.sdr.ppm"]
    assert "900" in found["hw.sdr.ppm"]
    assert "--set ui.lang=fr" in found["ui.lang"]


def test_a_file_that_is_not_there_or_not_toml_is_a_mistake_like_others(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("[hw\n")
    assert "not TOML" in mistakes(config=bad)["file"]
    assert set(mistakes("ui.lang=fr", config=tmp_path / "none.toml")) == {"file", "ui.lang"}
    bad.write_bytes(b"\xff\xfe")
    assert "file" in mistakes(config=bad)


def test_a_section_given_as_a_value_is_explained() -> None:
    assert "hw" in mistakes("hw=3")
    assert "ui.lang" in " ".join(mistakes("ui.lang.x=3"))


def test_every_setting_is_listed_with_its_meaning_and_origin() -> None:
    settings, origins = load_with_origins(overrides=["hw.sdr.ppm=2"], machine_file=NOWHERE)
    rows = {row.key: row for row in list_settings(settings, origins)}
    assert rows["hw.sdr.ppm"].value == 2
    assert rows["hw.sdr.ppm"].origin == "--set hw.sdr.ppm=2"
    assert rows["hw.sdr.gain_db"].origin == "default.toml"
    assert rows["engine.stall_s"].origin == "built in"
    own = [r for r in rows.values() if r.key.split(".")[0] in {"fusion", "engine", "ui"}]
    assert all(r.description for r in own)


@given(st.text(max_size=60))
def test_any_text_is_a_setting_or_a_named_mistake(text: str) -> None:
    with suppress(SettingsError):
        assert isinstance(load(text), Settings)


@given(st.dictionaries(st.text(max_size=8), st.integers(), min_size=1, max_size=4))
def test_whatever_stands_in_a_section_each_unknown_name_is_a_mistake(values: dict[str, int]) -> None:
    unknown = {name for name in values if name.isidentifier() and name not in UiConfig.model_fields}
    found = mistakes("ui.lang=fr", *(f"ui.{name}={value}" for name, value in values.items()))
    assert {f"ui.{name}" for name in unknown} <= set(found)
