"""The baseline of the survey: learned, stored, read, and joined with the corridor's."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sweeper.errors import BadProfile
from sweeper.survey_baseline import dump_baseline, learn_baseline, load_baseline, merged, read_baselines
from sweeper.survey_levels import measure_channel
from tests.sweeper.test_survey_levels import dwells

DAY = date(2026, 12, 1)


def test_what_is_learned_is_read_back_and_of_two_places_the_most_counts() -> None:
    own = learn_baseline(
        [measure_channel(dwells(2437e6, energy=0.4, noise_dbm=-90)), measure_channel(dwells(5180e6))], on=DAY
    )
    assert load_baseline(dump_baseline(own)) == own
    corridor = learn_baseline([measure_channel(dwells(2437e6, energy=0.1, noise_dbm=-80))], on=DAY)
    both = merged([own, corridor])
    assert set(both) == {2437e6, 5180e6}
    assert both[2437e6].noise_dbm == -80.0
    assert both[2437e6].energy_share == pytest.approx(0.4)
    silent = learn_baseline([measure_channel(dwells(2437e6, noise_dbm=None))], on=DAY)
    assert merged([silent])[2437e6].noise_dbm is None


def test_nothing_counted_is_no_baseline() -> None:
    with pytest.raises(BadProfile, match="counted"):
        learn_baseline([], on=DAY)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[1]", '{"learned_on": "2026-12-01", "channels": []}', "\x00", "[" * 5000,
     '{"learned_on": "2026-12-01", "channels": [{"center_hz": 1e400, "energy_share": 0}]}',
     '{"learned_on": "2026-12-01", "channels": [{"center_hz": 2.4e9, "energy_share": 2}]}'],
)  # fmt: skip
def test_a_file_of_something_else_is_one_clear_error(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadProfile):
        load_baseline(text)
    path = tmp_path / "survey.json"
    path.write_text(text)
    with pytest.raises(BadProfile) as error:
        read_baselines(None, str(path))
    assert "calibrate survey" in error.value.hint


def test_a_file_that_is_not_there_or_too_large_is_an_error_and_none_named_is_none(tmp_path: Path) -> None:
    assert read_baselines(None, None) == {}
    with pytest.raises(BadProfile, match="gone"):
        read_baselines(str(tmp_path / "gone.json"))
    large = tmp_path / "large.json"
    large.write_bytes(b" " * 1_000_001)
    with pytest.raises(BadProfile, match="too large"):
        read_baselines(str(large))
