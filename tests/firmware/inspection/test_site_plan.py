"""Site plans: what the office writes, and every mistake in it at once."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.errors import SettingsError
from firmware.inspection.site_plan import built_in_plan, load_sites, parse_plan, read_plan

GOOD = """
[site]
name = "서울역"
operators = ["김하나", "07"]
[[room]]
name = "2층 여자 화장실"
cubicles = 3
[[room]]
name = "B1"
cubicles = ["1", "장애인"]
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        parse_plan(text, origin="x.toml")
    return [str(m) for m in caught.value.mistakes]


def test_a_plan_is_read_with_numbered_and_named_cubicles() -> None:
    plan = parse_plan(GOOD, origin="x")
    assert [room.cubicles for room in plan.room] == [("1", "2", "3"), ("1", "장애인")]
    assert (plan.name, plan.cubicle_count) == ("서울역", 5)
    assert built_in_plan().cubicle_count == 6


def test_every_mistake_is_named_at_once_with_where_it_stands() -> None:
    listed = mistakes('[site]\nname = ""\nowner = "x"\n[[room]]\nname = "A/B"\ncubicles = 0\n')
    joined = "\n".join(listed)
    assert len(listed) >= 4
    for part in ("site.name", "site.owner", "room.0.name", "room.0.cubicles", "x.toml"):
        assert part in joined


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("not toml [", "not TOML"),
        ('[site]\nname="A"\n', "room"),
        (GOOD.replace('"B1"', '"2층 여자 화장실"'), "two rooms"),
        (GOOD.replace('["1", "장애인"]', '["1", "1"]'), "two cubicles"),
        (GOOD.replace("cubicles = 3", "cubicles = 999"), "200"),
        (GOOD.replace("cubicles = 3", "cubicles = true"), "cubicles"),
    ],
)
def test_what_cannot_be_walked_is_refused(text: str, word: str) -> None:
    assert word in "\n".join(mistakes(text))


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with suppress(SettingsError):
        assert parse_plan(text, origin="x").cubicle_count


def test_a_wrong_plan_among_good_ones_never_stops_the_unit(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.toml").write_text("[site]", encoding="utf-8")
    (tmp_path / "c.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "d.toml").write_bytes(b"\xff\xfe")
    sites = load_sites(tmp_path)
    assert [plan.name for plan in sites.plans] == ["서울역"]
    assert {Path(m.origin).name for m in sites.mistakes} == {"b.toml", "c.toml", "d.toml"}
    assert load_sites(tmp_path / "none").plans == (built_in_plan(),)
    with pytest.raises(SettingsError):
        read_plan(tmp_path / "none.toml")


def test_the_command_lists_the_plans_and_ends_with_two_where_one_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD, encoding="utf-8")
    done = CliRunner().invoke(app, ["config", "sites", str(tmp_path)])
    assert done.exit_code == 0
    assert "서울역" in done.stdout
    (tmp_path / "b.toml").write_text("[site]", encoding="utf-8")
    done = CliRunner().invoke(app, ["config", "sites", str(tmp_path)])
    assert done.exit_code == 2
    assert "b.toml" in done.stderr.replace("\n", "")
    assert CliRunner().invoke(app, ["config", "sites", str(tmp_path / "gone")]).exit_code == 2
