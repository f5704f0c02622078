"""``python -m tests.benchmarks.rooms [run | learn | table | scenes] …``; ``make rooms`` does the first three.

run     every sense looks at every room that is not in the store yet (resumable: stop it whenever you like)
learn   writes firmware/verdict/evidence/learned.toml from the train and calibration rooms
table   judges the locked rooms, prints the figures, draws them into out/rooms
scenes  the packaged scenes, seed by seed
"""

from __future__ import annotations

import argparse
import sys
import time

from rich.console import Console

from hw.types import SENSOR_NAMES
from tests.benchmarks.rooms.crew import Task, fill, rows
from tests.benchmarks.rooms.models import SPLITS
from tests.benchmarks.rooms.store import FOLDER, tidy

JOBS = ("run", "learn", "table")
ROOMS = {"train": 300, "calibration": 900, "locked": 900}


def main(arguments: list[str] | None = None) -> int:
    """Do what was asked; all of it without a word."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["scenes"]:
        from tests.benchmarks.rooms.scene_table import main as scenes

        return scenes(arguments[1:])
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", choices=JOBS, default=JOBS)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--share", type=float, default=1.0, help="of the rooms of each split")
    parser.add_argument("--senses", nargs="+", choices=SENSOR_NAMES, default=SENSOR_NAMES)
    parser.add_argument("--split", nargs="+", choices=SPLITS, default=SPLITS)
    parser.add_argument("--until", type=float, default=None, help="seconds after which to stop, resumable")
    args = parser.parse_args(arguments)
    tasks = {s: [(s, i) for i in range(round(ROOMS[s] * args.share))] for s in args.split}
    console = Console(width=132)
    if "run" in args.what:
        _run(tasks, args, console)
    if "learn" in args.what:
        _learn(tasks, args.jobs, console)
    if "table" in args.what:
        _table(tasks, args.jobs, console)
    return 0


def _run(tasks: dict[str, list[Task]], args: argparse.Namespace, console: Console) -> None:
    begin = time.monotonic()
    every = sorted((t for part in tasks.values() for t in part), key=lambda t: t[1] / ROOMS[t[0]])
    left = fill(every, jobs=args.jobs, senses=args.senses, until_s=args.until)
    size = tidy()
    console.print(
        f"{len(every) - left} of {len(every)} rooms in {time.monotonic() - begin:.0f} s;"
        f" {size / 1e6:.0f} MB in {FOLDER}"
    )


def _learn(tasks: dict[str, list[Task]], jobs: int, console: Console) -> None:
    from firmware.verdict.evidence.likelihoods import packaged_learned
    from tests.benchmarks.rooms.learn import learn
    from tests.benchmarks.rooms.learned_file import FILE, WATCHED, lesson_text, watch_numbers, with_kept

    fill(WATCHED, jobs=jobs, senses=SENSOR_NAMES)  # a part of the rooms may not hold all of these
    seen = rows([*tasks["train"], *tasks["calibration"]], jobs=jobs, designed=True)
    watched = watch_numbers(rows(WATCHED, jobs=jobs, designed=True))
    text = with_kept(lesson_text(learn(seen), seen, watched), packaged_learned())
    FILE.write_text(text, encoding="utf-8")
    console.print(f"wrote {FILE}")


def _table(tasks: dict[str, list[Task]], jobs: int, console: Console) -> None:
    from tests.benchmarks.rooms.evaluate import evaluate
    from tests.benchmarks.rooms.plots import draw_all
    from tests.benchmarks.rooms.report import markdown, print_figures, record_figures, write_json

    locked = rows(tasks["locked"], jobs=jobs)
    fit_on = rows([*tasks["train"], *tasks["calibration"]], jobs=jobs)
    figures = evaluate(locked, fit_on)
    print_figures(figures, console)
    write_json(figures, FOLDER.parent / "figures.json")
    record_figures(figures)
    (FOLDER.parent / "figures.md").write_text(markdown(figures), encoding="utf-8")
    for path in draw_all(locked, fit_on, figures, FOLDER.parent):
        console.print(str(path))


if __name__ == "__main__":
    sys.exit(main())
