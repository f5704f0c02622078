"""``ansim known``: lists, adds and removes what an inspector has declared harmless at a site."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firmware.cli.errors import expected_errors
from firmware.cli.options import LangOption
from firmware.cli.report_options import RecordsOption, catalog_of, records_folder
from firmware.i18n.escape import visible
from firmware.records.compare.allowlist import declare, find_known, withdraw
from firmware.records.custody.errors import NoSuchRecord
from firmware.records.model import Finding, Inspection
from firmware.records.store import RecordStore
from firmware.report.formatting import Wording

app = typer.Typer(no_args_is_help=True, help="What was declared harmless at a site: list, add, remove.")

SiteOption = Annotated[str | None, typer.Option("--site", help="Of this site alone.")]
OperatorOption = Annotated[str, typer.Option("--operator", help="Who says so; it is signed with the entry.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it is signed with the entry.")]


@app.command("list")
def list_command(site: SiteOption = None, records: RecordsOption = None, lang: LangOption = None) -> None:
    """List what counts as harmless, and by what it is recognised."""
    catalog = catalog_of(lang)
    with expected_errors(), RecordStore(records_folder(records)) as store:
        known = store.known(site)
    words, table = Wording(catalog), Table(header_style="bold")
    for key in ("known.id", "known.site", "known.what", "known.by", "known.who", "known.when"):
        table.add_column(catalog.text(key))
    for one in known:
        said = one.declaration
        table.add_row(
            said.id.removeprefix("known-"),
            Text(visible(said.site)),
            Text(f"{catalog.text(f'sense.{one.mark.sensor}')}: {visible(one.mark.label)}"),
            Text(catalog.text(f"known.by.{one.mark.by}")),
            Text(f"{visible(said.operator)}: {visible(said.reason)}"),
            words.when(one.utc_ns, 0, "UTC")[1],
        )
    Console(highlight=False).print(table if known else Text(catalog.text("known.none")))


@app.command("add")
def add(
    record: Annotated[str, typer.Argument(metavar="RECORD", help="Id of the inspection that found it.")],
    subject: Annotated[
        str, typer.Argument(metavar="FINDING", help="Number of the finding, or its name, as `report show`.")
    ],
    operator: OperatorOption,
    reason: ReasonOption,
    records: RecordsOption = None,
    lang: LangOption = None,
) -> None:
    """Declare one finding of a stored inspection harmless at its site. The entry is signed and stays."""
    catalog = catalog_of(lang)
    with expected_errors(), RecordStore(records_folder(records)) as store:
        inspection = store.stored(record).inspection
        if not inspection.place.site:
            raise NoSuchRecord(
                f"{inspection.id} names no site", hint="Inspect with --keep SITE/ROOM/CUBICLE first."
            )
        finding = _finding(inspection, subject)
        declaration = declare(finding, site=inspection.place.site, operator=operator, reason=reason)
        store.declare(declaration)
        assert declaration.mark is not None  # noqa: S101 - a declaration always has one
        typer.echo(
            catalog.text("known.added", id=declaration.id, what=declaration.mark.label, site=declaration.site)
        )
        typer.echo(catalog.text(f"known.limit.{declaration.mark.by}"))


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(metavar="ID", help="Of the declaration; its beginning is enough.")],
    operator: OperatorOption,
    reason: ReasonOption,
    records: RecordsOption = None,
    lang: LangOption = None,
) -> None:
    """Withdraw a declaration; both entries stay in the chain."""
    catalog = catalog_of(lang)
    with expected_errors(), RecordStore(records_folder(records)) as store:
        known = find_known(store.known(None), name)
        store.declare(withdraw(known, operator=operator, reason=reason))
        typer.echo(catalog.text("known.removed", id=known.declaration.id))


def _finding(inspection: Inspection, subject: str) -> Finding:
    """Return the finding of this number (from 1) or name."""
    if subject.isdigit() and 1 <= int(subject) <= len(inspection.findings):
        return inspection.findings[int(subject) - 1]
    found = [f for f in inspection.findings if f.subject == subject]
    if len(found) != 1:
        raise NoSuchRecord(
            f"{inspection.id} has no finding {subject!r}", hint="Use its number, 1 for the first."
        )
    return found[0]
