"""``ansim report``: list, show, export and verify stored inspections; no logic here."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_data_path
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firmware.cli.errors import Exit, expected_errors
from firmware.cli.options import LangOption, default_language, language
from firmware.i18n.catalog import LANGUAGES, Catalog, catalog_for
from firmware.i18n.escape import visible
from firmware.records.bundle import Checked, Trouble, verify_file
from firmware.records.custody.atomic_files import replace
from firmware.records.custody.errors import clear_errors
from firmware.records.custody.hash_chain import canonical
from firmware.records.custody.unit_key import fingerprint, load_or_make_unit_key, public_pem, read_public_pem
from firmware.records.database import DATABASE_FILE, reading
from firmware.records.model import Inspection, read_verdict
from firmware.records.queries import Listed, find_record, list_records
from firmware.records.store import RecordStore
from firmware.report.formatting import Wording

app = typer.Typer(no_args_is_help=True, help="Stored inspections: list, show, export, verify.")
ROWS_SHOWN = 200
PUBLIC_MODE = 0o644

RecordsOption = Annotated[
    Path | None, typer.Option("--records", help="Folder of the records.", envvar="ANSIM_RECORDS")
]


def records_folder(chosen: Path | None) -> Path:
    """Return the folder of the records: the one chosen, or the user's."""
    return chosen if chosen is not None else user_data_path("ansim") / "records"


def catalog_of(lang: str | None) -> Catalog:
    """Return the sentences of the language asked for, or of the system."""
    return catalog_for(language(lang) if lang else default_language(os.environ.get("LANG", "")))


@app.command("list")
def list_command(records: RecordsOption = None, lang: LangOption = None) -> None:
    """List the stored inspections, the newest last."""
    catalog = catalog_of(lang)
    path = records_folder(records) / DATABASE_FILE
    with expected_errors():
        rows: tuple[Listed, ...] = ()
        if path.exists():
            with reading(path) as db:
                rows = list_records(db)
        Console().print(_listing(rows, catalog) if rows else Text(catalog.text("records.none")))


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="The record's id, or its beginning.")],
    records: RecordsOption = None,
    lang: LangOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record as JSON.")] = False,
) -> None:
    """Show one inspection: verdict, why, and what was not looked at."""
    catalog = catalog_of(lang)
    with expected_errors(), reading(records_folder(records) / DATABASE_FILE) as db:
        record = find_record(db, name).inspection
        if as_json:
            typer.echo(canonical(record.as_json()).decode("ascii"))
        else:
            _print_record(record, Wording(catalog))


@app.command("export")
def export_command(
    name: Annotated[str, typer.Argument(metavar="ID", help="The record's id, or its beginning.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the bundle.")] = Path(),
    records: RecordsOption = None,
    lang: Annotated[str, typer.Option("--lang", help="Languages of the reports: all, ko or en.")] = "all",
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Add the clear addresses of suspicious devices.")
    ] = False,
) -> None:
    """Write one inspection as a bundle: PDF, CSV, JSON, chain, hashes and signature in one zip."""
    languages = LANGUAGES if lang == "all" else (language(lang),)
    words = catalog_of(None if lang == "all" else lang)
    with expected_errors(), _report_libraries():
        from firmware.report.export import export

        with RecordStore(records_folder(records)) as store:
            done = export(store, name, languages=languages, evidence=evidence)
        path = out / done.name
        with clear_errors(path):
            out.mkdir(parents=True, exist_ok=True)
            replace(path, done.content, mode=0o600 if evidence else PUBLIC_MODE)
        typer.echo(words.text("records.written", path=str(path)))
        typer.echo(f"{done.entry_hash}\n{words.text('records.key', fingerprint=done.fingerprint)}")
        if evidence:
            typer.echo(words.text("records.evidence"), err=True)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A bundle (.zip) or a store (records.db).")],
    key: Annotated[
        Path | None, typer.Option("--key", help="The unit's public key (PEM), known from elsewhere.")
    ] = None,
    lang: LangOption = None,
) -> None:
    """Tell whole from altered, and say which part or entry is not as it was stored."""
    catalog = catalog_of(lang)
    with expected_errors():
        public = None
        if key is not None:
            with clear_errors(key):
                public = read_public_pem(key.read_bytes())
        checked = verify_file(file, public=public)
        _print_check(checked, catalog)
        if not checked.whole:
            raise typer.Exit(Exit.ERROR)


@app.command("key")
def key_command(records: RecordsOption = None, lang: LangOption = None) -> None:
    """Print the unit's public key, by which its records are recognised."""
    with expected_errors():
        folder = records_folder(records)
        with clear_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        unit = load_or_make_unit_key(folder)
        typer.echo(public_pem(unit.public).decode("ascii"), nl=False)
        said = catalog_of(lang).text("records.key", fingerprint=fingerprint(unit.public))
        typer.echo(said, err=True)


def _listing(rows: tuple[Listed, ...], catalog: Catalog) -> Table:
    words = Wording(catalog)
    title = catalog.text("records.title", count=len(rows))
    table = Table(title=title, title_justify="left", header_style="bold")
    for key in ("records.number", "records.id", "records.when", "records.place", "records.result"):
        table.add_column(catalog.text(key))
    for row in rows[-ROWS_SHOWN:]:
        place = " · ".join(visible(p) for p in (row.site, row.room, row.cubicle) if p)
        when = words.when(row.utc_ns, 0, "UTC")[1]
        table.add_row(
            str(row.seq), row.id, when, Text(place), Text(catalog.text(f"level.{visible(row.level)}"))
        )
    return table


def _print_record(record: Inspection, words: Wording) -> None:
    verdict, console = read_verdict(record), Console(highlight=False)
    local, utc = words.when(record.span.started_utc_ns, record.span.offset_s, record.span.zone)
    console.print(Text(f"{record.id} · {words.place(record)}\n{local} = {utc}", style="dim"))
    if record.simulated:
        console.print(Text(words.key("report.simulated"), style="yellow"))
    level = words.key(f"level.{verdict.level}")
    console.print(Text(f"{level} · {words.probability(verdict.probability)}", style="bold"))
    console.print(Text(str(words.catalog.text("cli.caught", share=verdict.share_caught))))
    for contribution in verdict.contributions:
        console.print(Text(f"  {contribution.log_lr:+.2f}  {words.reason(contribution)}"))
    console.print(Text(words.key("paper.not_looked"), style="bold"))
    for line in words.not_looked(record, verdict):
        console.print(Text(f"  • {line}"))


def _print_check(checked: Checked, catalog: Catalog) -> None:
    console = Console(highlight=False)
    if checked.whole:
        console.print(Text(catalog.text("verify.whole"), style="bold green"))
    else:
        said = catalog.text("verify.altered", count=len(checked.troubles))
        console.print(Text(said, style="bold red"))
    for trouble in checked.troubles:
        console.print(Text("  ▲ " + _trouble(trouble, catalog)))
    console.print(Text(catalog.text("verify.entries", count=checked.entries, head=checked.head)))
    console.print(Text(catalog.text("records.key", fingerprint=checked.fingerprint)))
    if not checked.pinned:
        console.print(Text(catalog.text("verify.unpinned"), style="yellow"))


def _trouble(trouble: Trouble, catalog: Catalog) -> str:
    where = visible(trouble.where)
    if trouble.where.isdigit():
        where = str(catalog.text("verify.entry", seq=int(trouble.where), part=trouble.part))
    return str(catalog.text(f"verify.trouble.{trouble.word}", where=where))


@contextmanager
def _report_libraries() -> Iterator[None]:
    """Say which extra to install where the libraries of the report are not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in {"fpdf", "segno", "matplotlib"}:
            raise
        sys.stderr.write(f"ansim: {error.name} is not installed\n  → pip install 'ansim[report]'\n")
        raise typer.Exit(Exit.MISSING_COMPONENT) from error
