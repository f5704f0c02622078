"""The figures as tables, and as one JSON file."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.results import record
from tests.benchmarks.rooms.draw import SEED


def print_figures(figures: dict[str, Any], console: Console) -> None:
    """Print everything that `evaluate` found."""
    for table in (_levels(figures), _scores(figures), _wrong(figures), _deciles(figures)):
        console.print(table)
    for title in ("kinds", "trouble"):
        rows = figures[title]
        table = _table(title, (title, *next(iter(rows.values()))))
        for name, row in rows.items():
            table.add_row(name, *(f"{v:.3f}" if isinstance(v, float) else str(v) for v in row.values()))
        console.print(table)


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _levels(figures: dict[str, Any]) -> Table:
    title = f"Locked rooms: {figures['rooms']}, {figures['cameras']} with a camera (simulated)"
    columns = ("level", "false alarms", "at most (95 %)", "detected", "in reach, full scan")
    table = _table(title, (*columns, "PPV 0.5 %", "PPV 5 %"))
    for name, v in figures["levels"].items():
        table.add_row(
            name,
            f"{v['false alarms']}/{v['clean rooms']} = {v['false share']:.2%}",
            f"{v['false share at most']:.2%}",
            f"{v['detected']:.1%}",
            f"{v['detected in reach']:.1%} of {v['rooms in reach']}",
            f"{v['ppv at 0.5%']:.1%}",
            f"{v['ppv at 5.0%']:.1%}",
        )
    return table


def _scores(figures: dict[str, Any]) -> Table:
    table = _table("At even odds", ("way", "log-loss", "Brier", "Cllr", "min Cllr", "ECE", "floor"))
    for s in figures["scores"]:
        mark = " (best sense)" if s.name == f"{figures['best single']} alone" else ""
        table.add_row(s.name + mark, *(f"{v:.4f}" for v in list(asdict(s).values())[1:]))
    return table


def _wrong(figures: dict[str, Any]) -> Table:
    table = _table("ECE when the prior or the mix of kinds is wrong", ("what", "ECE", "floor"))
    for name, (value, floor) in figures["wrong"].items():
        table.add_row(name, f"{value:.4f}", f"{floor:.4f}")
    return table


def _deciles(figures: dict[str, Any]) -> Table:
    table = _table(
        "Share caught, claimed and realised", ("claimed", "caught", "difference", "± 1 SE", "rooms")
    )
    for d in figures["deciles"]:
        difference = f"{d.caught - d.claimed:+.1%}"
        table.add_row(f"{d.claimed:.1%}", f"{d.caught:.1%}", difference, f"{d.spread:.1%}", str(d.rooms))
    return table


def markdown(figures: dict[str, Any]) -> str:
    """Return the figures as the tables of firmware/FIGURES.md."""
    check, likely = (figures["levels"][name] for name in ("check", "likely_camera"))
    by_name = {s.name: s for s in figures["scores"]}
    best = f"{figures['best single']} alone"
    ways = ("ansim", best, "sum of indicators", "logistic fusion")
    lines = [
        f"{figures['rooms']} locked rooms, {figures['cameras']} with a camera. All of it SIMULATED.",
        "",
        "| | CHECK or above | LIKELY CAMERA |",
        "|---|---|---|",
        _line("false alarms, clean cluttered rooms", check, likely, _false),
        _line("found: camera within reach, full scan", check, likely, _reached),
        _line("found: every camera, every scan", check, likely, lambda v: f"{100 * v['detected']:.1f} %"),
        _line("right alarms at a prior of 0.5 % / 5 %", check, likely, _right),
        "",
        "| at even odds | log-loss | Brier | Cllr | min Cllr | ECE (floor) |",
        "|---|---|---|---|---|---|",
    ]
    for name in ways:
        s = by_name[name]
        lines.append(
            f"| {name} | {s.log_loss:.3f} | {s.brier:.3f} | {s.cllr:.3f} | {s.min_cllr:.3f}"
            f" | {s.ece:.3f} ({s.ece_floor:.3f}) |"
        )
    lines += ["", "| prior or mix of kinds | ECE | floor |", "|---|---|---|"]
    lines += [f"| {name} | {value:.4f} | {floor:.4f} |" for name, (value, floor) in figures["wrong"].items()]
    deciles = figures["deciles"]
    lines += ["", "| share caught, by tenths of the rooms with a camera | |", "|---|---|"]
    lines.append("| claimed, % | " + " ".join(f"{100 * d.claimed:.0f}" for d in deciles) + " |")
    lines.append("| caught, % | " + " ".join(f"{100 * d.caught:.0f}" for d in deciles) + " |")
    lines.append(
        "| one standard error, points | " + " ".join(f"{100 * d.spread:.0f}" for d in deciles) + " |"
    )
    lines += ["", *_claims(figures["claims"])]
    return "\n".join(lines) + "\n"


def _claims(claims: dict[str, Any]) -> list[str]:
    lines = ["| logit(caught) on logit(claimed) | intercept (0) | slope (1) |", "|---|---|---|"]
    for name in ("headline", "own kind"):
        f = claims[name]
        lines.append(
            f"| {name} | {f.intercept:+.2f} ± {f.intercept_error:.2f} | {f.slope:.2f} ± {f.slope_error:.2f} |"
        )
    mean, square, likely = (claims[name] for name in ("mean difference", "tenths", "tenths likely"))
    words = (
        f"On average {100 * mean:+.1f} points more caught than claimed; all tenths together:",
        f"χ² = {square:.1f}, which true claims exceed in {100 * likely:.0f} % of runs.",
    )
    return [*lines, "", *words]


def _line(
    title: str, check: dict[str, Any], likely: dict[str, Any], word: Callable[[dict[str, Any]], str]
) -> str:
    return f"| {title} | {word(check)} | {word(likely)} |"


def _false(v: dict[str, Any]) -> str:
    rate = f"{100 * v['false share']:.1f} % (at most {100 * v['false share at most']:.1f} %)"
    return f"{v['false alarms']} of {v['clean rooms']}: {rate}"


def _reached(v: dict[str, Any]) -> str:
    return f"{100 * v['detected in reach']:.1f} % of {v['rooms in reach']}"


def _right(v: dict[str, Any]) -> str:
    seen, least = (
        [f"{100 * v[f'ppv at {p}{more}']:.0f} %" for p in ("0.5%", "5.0%")] for more in ("", " at least")
    )
    return f"{' / '.join(seen)} (at least {' / '.join(least)})"


def record_figures(figures: dict[str, Any]) -> None:
    """Write the figures that pages quote into RESULTS.md, where that is asked for."""
    check, likely = (figures["levels"][name] for name in ("check", "likely_camera"))
    for name, level in (("check", check), ("likely", likely)):
        clean = f"{level['false alarms']} of {level['clean rooms']} clean rooms"
        _record(f"clean_{name}", f"{100 * level['false share']:.1f}", "%", clean)
        _record(f"clean_{name}_most", f"{100 * level['false share at most']:.1f}", "%", "95 % bound")
        _record(f"reach_{name}", f"{100 * level['detected in reach']:.1f}", "%", _reached(level))
        _record(f"every_{name}", f"{100 * level['detected']:.1f}", "%", f"of {figures['cameras']} cameras")
    names = {"ansim": "ansim", f"{figures['best single']} alone": "best_single"}
    names |= {"sum of indicators": "indicators", "logistic fusion": "logistic"}
    for score in (s for s in figures["scores"] if s.name in names):
        _record(f"{names[score.name]}_log_loss", f"{score.log_loss:.3f}", "", score.name)
        _record(f"{names[score.name]}_brier", f"{score.brier:.3f}", "", score.name)
        _record(f"{names[score.name]}_ece", f"{score.ece:.3f}", "", f"floor {score.ece_floor:.3f}")
    mean = 100 * figures["claims"]["mean difference"]
    _record("caught_more_than_claimed", f"{mean:.1f}", "points", "mean over the locked rooms with a camera")


def _record(name: str, value: str, unit: str, note: str) -> None:
    command = "python -m tests.benchmarks.rooms"
    record(f"rooms.{name}", value, unit, command, seed=SEED, note=note)


def write_json(figures: dict[str, Any], path: Path) -> None:
    """Write all figures to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, default=_plain, indent=1), encoding="utf-8")


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return float(value)
