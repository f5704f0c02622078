"""What was measured of the unit: there, readable, young enough, and used."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from firmware.diag import calibration_checks
from firmware.diag.machine import Unit, machine_checks
from firmware.diag.model import Check, Result
from firmware.i18n.catalog import LANGUAGES, Catalog
from lensdetect.calibration import Calibration, FilterSeen, TargetReading
from sweeper.selfnoise import NoiseLine, NoiseProfile, dump_profile
from tests.firmware.diag.test_machine import NOW_NS, SetClock

EYE = Calibration(
    unit="u", width_px=1280, height_px=720, dark_dn=2.0, noise_dn=1.0, latency_ms=8.0, ring_over_side=1.1,
    focus=0.1, hot_pixels=((3, 4),),
)  # fmt: skip
TODAY = calibration_checks._day(NOW_NS)


def profile(folder: Path, *, on: date = TODAY, temperature_c: float | None = 45.0) -> Path:
    line = NoiseLine(low_hz=399e6, high_hz=401e6, level_db=-60.0, states=("rest",))
    path = folder / "rf.json"
    path.write_text(dump_profile(NoiseProfile(learned_on=on, temperature_c=temperature_c, lines=(line,))))
    return path


def ended(check: Check) -> tuple[Result, str]:
    return check.result, "" if check.remedy is None else check.remedy.key


def test_the_age_of_the_eyes_calibration(tmp_path: Path) -> None:
    path = tmp_path / "lens.toml"
    path.write_text(EYE.as_toml())
    for days, result in ((3, Result.PASS), (400, Result.WARN)):
        os.utime(path, ns=(0, NOW_NS - days * calibration_checks.DAY_NS))
        check = calibration_checks.lens(path, now_ns=NOW_NS)
        assert (check.result, check.numbers["days"]) == (result, days)


@pytest.mark.parametrize("look", [calibration_checks.lens, calibration_checks.own_lines])
def test_one_that_is_missing_or_cannot_be_read(look, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "x"
    assert look(path, now_ns=NOW_NS).result is Result.WARN
    path.write_bytes(b"\xff\xfe nonsense")
    assert look(path, now_ns=NOW_NS).result is Result.FAIL
    path.write_bytes(b"x" * (calibration_checks.BYTES_MOST + 1))
    assert look(path, now_ns=NOW_NS).result is Result.FAIL


def test_the_receivers_own_lines_must_be_used_young_and_of_this_warmth(tmp_path: Path) -> None:
    path = profile(tmp_path)
    here = str(path)
    assert ended(calibration_checks.own_lines(path, now_ns=NOW_NS, used=here, temperature_c=50.0)) == (
        Result.PASS,
        "",
    )
    assert ended(calibration_checks.own_lines(path, now_ns=NOW_NS, used=here)) == (Result.PASS, "")
    unused = calibration_checks.own_lines(path, now_ns=NOW_NS, used="/another/rf.json")
    assert ended(unused) == (Result.WARN, "check.remedy.calibration.rf_unused")
    learn = (Result.WARN, "check.remedy.calibration.rf")
    assert ended(calibration_checks.own_lines(path, now_ns=NOW_NS, used=here, temperature_c=75.0)) == learn
    old = profile(tmp_path, on=date(2020, 1, 1))
    assert ended(calibration_checks.own_lines(old, now_ns=NOW_NS, used=here)) == learn


def test_a_real_unit_is_asked_for_both_and_a_simulated_one_for_those_it_has(tmp_path: Path) -> None:
    def named(*, is_pi: bool) -> list[str]:
        unit = Unit(
            disk=tmp_path, calibrations=tmp_path, clock=SetClock(), is_pi=is_pi,
            supply=lambda: {"temperature_c": 50.0},
        )  # fmt: skip
        return [c.name for c in machine_checks(unit) if c.name.startswith("calibration")]

    assert named(is_pi=True) == ["calibration.lens", "calibration.rf"]
    assert named(is_pi=False) == []
    profile(tmp_path)
    assert named(is_pi=False) == ["calibration.rf"]


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_every_sentence_is_whole(lang: str, tmp_path: Path) -> None:
    path = profile(tmp_path)
    for used in (None, str(path)):
        check = calibration_checks.own_lines(path, now_ns=NOW_NS, used=used, temperature_c=90.0)
        told = check.as_json(Catalog(lang))  # type: ignore[arg-type]
        for text in (told["proves"], told["detail"], told["remedy"]):
            assert text
            assert "{" not in text
            assert not text.startswith("check.")


@pytest.mark.parametrize(
    ("seen", "result", "remedy"),
    [
        ("present", Result.PASS, ""),
        ("unknown", Result.PASS, ""),
        ("absent", Result.WARN, "check.remedy.calibration.filter"),
    ],
)
def test_what_the_printed_target_told_is_shown(
    seen: FilterSeen, result: Result, remedy: str, tmp_path: Path
) -> None:
    reading = TargetReading(mtf50_cy_px=0.23, field_of_view_deg=61.8, infrared_filter=seen)
    path = tmp_path / "lens.toml"
    path.write_text(replace(EYE, target=reading).as_toml())
    os.utime(path, ns=(0, NOW_NS))
    check = calibration_checks.lens(path, now_ns=NOW_NS)
    assert ended(check) == (result, remedy)
    for lang in LANGUAGES:
        said = str(Catalog(lang).say(check.said))
        assert "0.23" in said
        assert "62°" in said
        assert str(Catalog(lang).text(f"check.filter.{seen}")) in said
