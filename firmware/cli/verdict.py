"""Prints the verdict, its reasons and the coverage in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from firmware.i18n.catalog import Catalog
from firmware.verdict.engine import Snapshot
from firmware.verdict.explain import shortfall_sentence
from firmware.verdict.model import Contribution, Level, Verdict, WeighedSubject
from firmware.verdict.whereabouts import where_sentence
from hw.types import SENSOR_NAMES, Coverage, SensorName

LEVEL_STYLE = {
    Level.INCONCLUSIVE: "white on grey35",
    Level.NOTHING_FOUND: "white on blue",
    Level.CHECK: "black on yellow",
    Level.LIKELY_CAMERA: "bold white on red",
}
LEVEL_SHAPE = {
    Level.INCONCLUSIVE: "?",
    Level.NOTHING_FOUND: "○",
    Level.CHECK: "▲",
    Level.LIKELY_CAMERA: "◆",
}
REASONS_SHOWN = 8
BAR_CELLS = 24


def verdict_panel(snapshot: Snapshot, catalog: Catalog, coverages: Sequence[Coverage] = ()) -> RenderableType:
    """Return level, number, reasons, coverage and why it is not full, what could not be seen, what next."""
    verdict = snapshot.verdict
    parts: list[RenderableType] = [headline(verdict, catalog), *_beside(verdict, catalog)]
    parts += [*_where(snapshot, catalog), Text("")]
    if verdict.contributions:
        parts += [reasons_table(verdict, catalog), Text("")]
    parts += [coverage_table(snapshot, catalog), *_not_part(snapshot, catalog)]
    parts += [*_shortfalls(coverages, catalog), Text("")]
    parts.append(Text(catalog.text("cli.caught", share=verdict.share_caught), style="bold"))
    if verdict.blind_to:
        kinds = ", ".join(catalog.text(key) for key in verdict.blind_to)
        parts.append(Text(f"{catalog.text('cli.blind')}: {kinds}"))
    if verdict.advice.step:
        parts.append(Text(catalog.text("cli.next", step=catalog.text(verdict.advice.step)), style="cyan"))
    return Panel(Group(*parts), border_style=LEVEL_STYLE[verdict.level].split()[-1], expand=False)


def headline(verdict: Verdict, catalog: Catalog) -> RenderableType:
    """Return the word and the number."""
    word = f" {LEVEL_SHAPE[verdict.level]} {catalog.text(f'level.{verdict.level.value}')} "
    if not verdict.number_fits:
        return Text.assemble((word, LEVEL_STYLE[verdict.level]), "  ", catalog.text("cli.no_number"))
    number = catalog.text(
        "cli.probability",
        probability=verdict.probability,
        prior=verdict.prior,
        log_lr=f"{verdict.log_lr:+.2f}",
    )
    return Text.assemble((word, LEVEL_STYLE[verdict.level]), "  ", number)


def _beside(verdict: Verdict, catalog: Catalog) -> list[RenderableType]:
    """Return what belongs to the word: of what it speaks, what was not looked at enough, what is kept."""
    lines: list[RenderableType] = []
    if verdict.level is Level.NOTHING_FOUND and len(verdict.scope) == 1:
        lines.append(Text(catalog.text("screen.only_on", sense=f"sense.{verdict.scope[0]}")))
    if verdict.short_of:
        lines.append(Text(catalog.text("cli.not_enough"), style="bold"))
        lines += [Text(f"  {catalog.fill(*shortfall_sentence(s))}") for s in verdict.short_of]
    if verdict.alarm is not None:
        level, seconds = f"level.{verdict.alarm.level.value}", verdict.alarm.t_ns / 1e9
        lines.append(Text(catalog.text("cli.alarm_kept", level=level, seconds=seconds), style="bold"))
        lines += [Text(f"  {_named(s, catalog)}") for s in verdict.alarm.subjects[:REASONS_SHOWN]]
    return lines


def _where(snapshot: Snapshot, catalog: Catalog) -> list[Text]:
    """Return where each finding of an alarm is, and how to come nearer to it."""
    said = ((w.subject, where_sentence(w)) for w in snapshot.whereabouts[:REASONS_SHOWN])
    return [
        Text(catalog.text("cli.where", subject=subject, where=catalog.fill(*sentence)))
        for subject, sentence in said
    ]


def _named(subject: WeighedSubject, catalog: Catalog) -> str:
    said = catalog.fill(subject.reason, subject.params)
    sensor = catalog.text(f"sense.{subject.sensor}")
    return catalog.text("cli.alarm_subject", sense=sensor, subject=subject.subject, reason=said)


def reasons_table(verdict: Verdict, catalog: Catalog) -> Table:
    """Return the contributions, the weightiest first, each one sentence and its nats."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
    table.add_column(catalog.text("cli.senses"))
    table.add_column(catalog.text("cli.reasons"), max_width=76)
    table.add_column("log LR", justify="right")
    for c in verdict.contributions[:REASONS_SHOWN]:
        table.add_row(catalog.text(f"sense.{c.sensor}"), Text(reason(c, catalog)), _nats(c))
    return table


def reason(contribution: Contribution, catalog: Catalog) -> str:
    """Return the sentence of one contribution."""
    return catalog.fill(contribution.reason, contribution.params)


def _nats(contribution: Contribution) -> Text:
    style = "red" if contribution.log_lr > 0.5 else "dim"
    return Text(f"{contribution.log_lr:+.2f}", style=style)


def coverage_table(snapshot: Snapshot, catalog: Catalog) -> Table:
    """Return a line a sensor: how it is, how much it covered, what it read."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    status = {s.name: s for s in snapshot.sensors}
    unasked = _unasked(snapshot)
    for name in SENSOR_NAMES:
        if name in unasked:
            continue
        share = snapshot.verdict.coverage.get(name)
        bar = ProgressBar(total=1.0, completed=share or 0.0, width=BAR_CELLS)
        said = catalog.text(f"state.{status[name].state}") if name in status else ""
        counts = status[name].counts if name in status else None
        dropped = 0 if counts is None else sum(counts.dropped.values())
        read = "" if counts is None else catalog.text("cli.read", read=counts.read, dropped=dropped)
        percent = "–" if share is None else f"{share:.0%}"
        hint = status[name].hint if name in status and status[name].state in {"lost", "missing"} else ""
        table.add_row(catalog.text(f"sense.{name}"), bar, percent, said, Text(hint or read, style="dim"))
    return table


def _unasked(snapshot: Snapshot) -> tuple[SensorName, ...]:
    """Return the sensors that nobody asked for: absent, and without anything to do about it."""
    return tuple(s.name for s in snapshot.sensors if s.state == "missing" and not s.hint)


def _not_part(snapshot: Snapshot, catalog: Catalog) -> list[Text]:
    unasked = [f"sense.{name}" for name in _unasked(snapshot)]
    if not unasked:
        return []
    return [Text(catalog.text("cli.not_part", sensors=catalog.list_of(unasked)), style="dim")]


def _shortfalls(coverages: Sequence[Coverage], catalog: Catalog) -> list[Text]:
    """Return one line for each reason why a sensor did not cover everything."""
    return [
        Text(f"{catalog.text(f'sense.{c.sensor}')}: {catalog.text(f'coverage.{reason}')}", style="yellow")
        for c in coverages
        for reason in c.reasons
        if f"coverage.{reason}" in catalog
    ]


def interrupted(snapshot: Snapshot, catalog: Catalog) -> str:
    """Return the sentence that a run was ended before its time, and after how much of it."""
    return catalog.text("cli.interrupted", seconds=snapshot.elapsed_s)


def print_verdict(
    console: Console, snapshot: Snapshot, catalog: Catalog, coverages: Sequence[Coverage] = ()
) -> None:
    """Print the whole answer."""
    console.print(verdict_panel(snapshot, catalog, coverages))
