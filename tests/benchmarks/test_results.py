"""The page of figures: what benchmarks write into it, and what other pages quote from it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.benchmarks.results import PAGE, ROOT, pages, quoted, read, record, render, requote

ON = {"ANSIM_RECORD": "1"}
DAY = date(2026, 11, 30)


def write(page: Path, name: str, value: str | float = 2.0, **more: str) -> bool:
    return record(name, value, "%", "python -m x", seed=7, day=DAY, page=page, environ=ON, **more)


def test_a_figure_comes_back_as_it_was_written(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    assert write(page, "rooms.clean", 2.04567, note="9 of 445")
    figure = read(page)["rooms.clean"]
    assert (figure.value, figure.text()) == ("2.05", "2.05 %")
    assert (figure.command, figure.seed, figure.day) == ("python -m x", "7", "2026-11-30")
    assert figure.note == "9 of 445"


def test_a_figure_measured_again_takes_the_place_of_the_old_one_and_the_others_stay(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    for name, value in (("b.one", "1"), ("a.two", "2"), ("b.one", "3")):
        write(page, name, value)
    assert {n: f.value for n, f in read(page).items()} == {"a.two": "2", "b.one": "3"}
    text = page.read_text("utf-8")
    assert text.index("## a") < text.index("## b")


def test_without_being_asked_nothing_is_written(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    assert not record("a.b", 1.0, "s", "x", page=page, environ={})
    assert not page.exists()


@pytest.mark.parametrize(("name", "value"), [("plain", "1"), ("A.b", "1"), ("a.b", "1 | 2"), ("a.b", "1\n2")])
def test_what_would_break_the_table_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ValueError, match="not a row"):
        write(tmp_path / "RESULTS.md", name, value)


def test_a_page_gets_its_figures_anew(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    write(page, "a.b", "5")
    text = "So <!-- figure: a.b -->4 %<!-- /figure --> of <!-- figure: a.c -->?<!-- /figure -->."
    assert requote(text, read(page)) == text.replace("4 %", "5 %")
    assert quoted(text) == [("a.b", "4 %"), ("a.c", "?")]


def test_the_page_is_as_it_is_written() -> None:
    assert PAGE.read_text("utf-8") == render(read().values())


def test_every_benchmark_that_the_page_names_is_there() -> None:
    words = [word for figure in read().values() for word in figure.command.split()]
    modules = {w for w in words if w.startswith("tests.benchmarks.")}
    assert modules
    for module in modules:
        place = ROOT / module.replace(".", "/")
        assert place.is_dir() or place.with_suffix(".py").is_file(), module


def test_pages_quote_what_was_measured() -> None:
    figures, seen = read(), 0
    for page in pages():
        for name, shown in quoted(page.read_text("utf-8")):
            assert name in figures, (page, name)
            assert shown == figures[name].text(), (page, name)
            seen += 1
    assert seen >= 20


def test_the_first_page_and_the_page_of_the_rooms_quote_their_figures() -> None:
    for page, least in (("README.md", 6), ("firmware/FIGURES.md", 20)):
        assert len(quoted((ROOT / page).read_text("utf-8"))) >= least, page
