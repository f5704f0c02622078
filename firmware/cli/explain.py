"""Prints why a session has its number, with the arithmetic to follow by hand: `ansim explain`."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firmware.cli.context import prepare
from firmware.cli.errors import expected_errors
from firmware.cli.run_options import ExplainOptions
from firmware.cli.verdict import headline, reason
from firmware.i18n.catalog import Catalog
from firmware.i18n.escape import visible
from firmware.runtime.session import Outcome, inspect
from firmware.verdict.derivation import Derivation, work_out
from firmware.verdict.evidence.likelihoods import packaged_likelihoods
from firmware.verdict.evidence.weigh import weigh
from firmware.verdict.model import Verdict
from hw.kit import BACKENDS
from hw.types import SENSOR_NAMES, SensorName

SUBJECT_LIMIT = 24  # graphemes of a name from the air
WIDTH = 118  # columns of the tables where nobody's terminal says otherwise
SURE = 1e-12


def explain_session(session: str, options: ExplainOptions) -> None:
    """Replay a session and print its verdict, its reasons and the arithmetic behind them."""
    with expected_errors():
        settings, catalog = prepare(
            config=options.config, overrides=options.overrides, lang=options.lang, verbose=options.verbose
        )
        kit = session if session.partition(":")[0] in BACKENDS else f"replay:{session}"
        outcome = inspect(kit, settings)
        verdict = outcome.snapshot.verdict
        working = _working(outcome)
        if options.as_json:
            typer.echo(json.dumps(verdict.as_json(), ensure_ascii=True))
            typer.echo(json.dumps(working.as_json(), ensure_ascii=True))
            return
        console = Console(highlight=False)
        if not console.is_terminal:
            console.width = max(console.width, WIDTH)
        _print(console, verdict, working, catalog)


def _working(outcome: Outcome) -> Derivation:
    table = packaged_likelihoods()
    candidates: Counter[SensorName] = Counter()
    for observation in outcome.observations:
        evidence = weigh(observation, table)
        if evidence is not None:
            candidates[evidence.sensor] += 1
    return work_out(outcome.coverages, outcome.snapshot.findings, candidates, table)


def _print(console: Console, verdict: Verdict, working: Derivation, catalog: Catalog) -> None:
    console.print(headline(verdict, catalog))
    console.print()
    console.print(_contributions(verdict, catalog))
    console.print()
    if working.finds:
        console.print(_finds(working, catalog))
        console.print()
    console.print(_silences(working, catalog))
    console.print()
    console.print(_arithmetic(verdict, catalog))
    for line in _by_hand(verdict, catalog):
        console.print(Text(line))


def _contributions(verdict: Verdict, catalog: Catalog) -> Table:
    table = _table(catalog, "explain.contributions", "explain.nats", "explain.sense", "explain.sentence")
    for c in verdict.contributions:
        table.add_row(
            f"{c.log_lr:+.3f}", catalog.text(f"sense.{c.sensor}"), Text(reason(c, catalog), overflow="fold")
        )
    table.add_row(f"{verdict.agreement:+.3f}", "", Text(catalog.text("explain.agreement"), style="dim"))
    table.add_row(f"{verdict.log_lr:+.3f}", "", Text(catalog.text("explain.total"), style="bold"))
    return table


def _finds(working: Derivation, catalog: Catalog) -> Table:
    columns = ("explain.sense", "explain.subject", "explain.sign", "explain.score", "explain.said")
    table = _table(catalog, "explain.finds", *columns, "explain.lost", "explain.left", right_from=3)
    for f in working.finds:
        table.add_row(
            catalog.text(f"sense.{f.sensor}"),
            Text(visible(f.subject, limit=SUBJECT_LIMIT)),
            f.sign,
            f"{f.score_nats:+.2f}",
            f"{f.said_nats:+.3f}",
            f"{-f.lost_nats:+.3f}",
            f"{f.said_nats - f.lost_nats:+.3f}",
        )
    return table


def _silences(working: Derivation, catalog: Catalog) -> Table:
    columns = ("explain.sense", "explain.kind", "explain.covered")
    table = _table(catalog, "explain.silence", *columns, right_from=2)
    for name in ("Pd", "Pfa", "LR"):
        table.add_column(name, justify="right")
    for s in working.silences:
        table.add_row(
            catalog.text(f"sense.{s.sensor}"),
            catalog.text(f"kind.{s.kind}"),
            f"{s.coverage:.3f}",
            f"{s.pd:.3f}",
            f"{s.pfa:.4f}",
            f"{s.lr:.4f}",
        )
    return table


def _arithmetic(verdict: Verdict, catalog: Catalog) -> Table:
    table = _table(catalog, "explain.arithmetic", "explain.kind", "explain.weight", right_from=1)
    for name in SENSOR_NAMES:
        table.add_column(catalog.text(f"sense.{name}"), justify="right")
    table.add_column(catalog.text("explain.agreed"), justify="right")
    table.add_column(catalog.text("explain.product"), justify="right")
    for row in verdict.arithmetic:
        ratios = [*(_ratio(row.lr, name) for name in SENSOR_NAMES), f"{row.agreed:.4f}"]
        table.add_row(catalog.text(f"kind.{row.kind}"), f"{row.weight:.2f}", *ratios, f"{row.product:.4f}")
    return table


def _ratio(lr: Mapping[SensorName, float], name: SensorName) -> str:
    return f"{lr[name]:.4f}" if name in lr else "–"


def _by_hand(verdict: Verdict, catalog: Catalog) -> tuple[str, str]:
    total = sum(row.product for row in verdict.arithmetic)
    odds = math.log(max(verdict.prior, SURE) / max(1.0 - verdict.prior, SURE))
    return (
        catalog.text("explain.sum", sum=f"{total:.5g}", nats=f"{verdict.log_lr:+.3f}"),
        catalog.text(
            "explain.posterior",
            prior=f"{verdict.prior:.4g}",
            odds=f"{odds:.3f}",
            nats=f"{verdict.log_lr:+.3f}",
            logit=f"{odds + verdict.log_lr:.3f}",
            probability=f"{verdict.probability:.4%}",
        ),
    )


def _table(catalog: Catalog, title: str, *columns: str, right_from: int = 99) -> Table:
    table = Table(title=catalog.text(title), title_justify="left", header_style="bold", box=None)
    table.title_style = "bold"
    table.padding = (0, 2, 0, 0)
    for i, column in enumerate(columns):
        justify = "right" if i >= right_from or column == "explain.nats" else "left"
        table.add_column(catalog.text(column), justify=justify)  # type: ignore[arg-type]
    return table
