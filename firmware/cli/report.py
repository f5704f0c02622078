"""``ansim report``: lists, shows, exports and verifies stored inspections."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from firmware.cli.errors import Exit, expected_errors
from firmware.cli.options import LangOption, language
from firmware.cli.report_custody import hand_over_command
from firmware.cli.report_key import key_command
from firmware.cli.report_list import Filter, json_lines, listing
from firmware.cli.report_options import RecordsOption, catalog_of, records_folder
from firmware.cli.report_witness import public_of, text_of, witnessed
from firmware.errors import FirmwareError
from firmware.i18n.catalog import LANGUAGES, Catalog, Written
from firmware.i18n.escape import visible
from firmware.records.bundle import Checked, Trouble, without_revoked
from firmware.records.custody.anchor import read_expected
from firmware.records.custody.errors import clear_errors
from firmware.records.custody.hash_chain import canonical
from firmware.records.custody.witness import bear_witness
from firmware.records.database import DATABASE_FILE
from firmware.records.events import Event
from firmware.records.model import Inspection, read_verdict
from firmware.records.queries import Listed
from firmware.records.reader import open_reader
from firmware.records.resolutions import Resolution
from firmware.records.resolve_alarm import AlarmAnswer, NoAlarmToResolve, ReasonMissing, resolve_alarm
from firmware.records.store import RecordStore
from firmware.report.contradictions import verify_exported
from firmware.report.export_process import ExportJob, export_to_file
from firmware.report.formatting import Wording
from firmware.verdict.model import Level

app = typer.Typer(no_args_is_help=True, help="Stored inspections: list, show, export, verify.")
app.command("hand-over")(hand_over_command)
app.command("key")(key_command)
ROWS_SHOWN, ROWS_MOST = 200, 40_000
TROUBLES_SHOWN, DOUBTS_SHOWN = 50, 20
HASH_DIGITS, SEQ_DIGITS, WHERE_MOST = 64, 19, 120
NAMES = ("name", "ssid", "vendor")  # of a device, as its record calls it
PATH_MOST = 4096  # characters of a path, the longest that Linux opens


@app.command("list")
def list_command(
    records: RecordsOption = None,
    lang: LangOption = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=ROWS_MOST, help="Show the newest this many.")
    ] = ROWS_SHOWN,
    site: Annotated[str, typer.Option("--site", help="Of this site alone.")] = "",
    level: Annotated[Level | None, typer.Option("--level", help="With this word alone.")] = None,
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help="With an alarm that nobody has answered.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """List the stored inspections, the newest last, by the clock of this machine."""
    catalog = catalog_of(lang)
    folder = records_folder(records)
    wanted = Filter(limit=limit, site=site, level="" if level is None else level.value, unanswered=unanswered)
    all_of_them = wanted == Filter(limit=limit)
    with expected_errors():
        rows: tuple[Listed, ...] = ()
        public: bytes | None = b""
        if (folder / DATABASE_FILE).exists():
            with open_reader(folder) as reader:
                rows = wanted.of(reader.listed(most=limit if all_of_them else ROWS_MOST))
                public = reader.public
        none = "records.none" if all_of_them else "records.no_match"
        _print_listed(rows, catalog, as_json=as_json, none=none)
        if rows and public is None:
            typer.echo(catalog.text("records.unverified"), err=True)
        altered = sum(bool(row.fault) for row in rows)
        if altered:
            typer.echo(catalog.text("records.altered_rows", count=altered), err=True)
            raise typer.Exit(Exit.ERROR)


def _print_listed(rows: tuple[Listed, ...], catalog: Catalog, *, as_json: bool, none: str) -> None:
    if as_json:
        for line in json_lines(rows):
            typer.echo(line)
        return
    Console(highlight=False).print(listing(rows, catalog) if rows else Text(catalog.text(none)))


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="The record's id, or its beginning.")],
    records: RecordsOption = None,
    lang: LangOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record as JSON.")] = False,
) -> None:
    """Show one inspection: verdict, why, and what was not looked at."""
    catalog = catalog_of(lang)
    with expected_errors(), open_reader(records_folder(records)) as reader:
        record = reader.stored(name).inspection
        if reader.public is None:
            typer.echo(catalog.text("records.unverified"), err=True)
        if as_json:
            typer.echo(canonical(record.as_json()).decode("ascii"))
            return
        later = [said for _, said in reader.resolutions(record.id)]
        _print_record(record, Wording(catalog), answered=bool(later))
        for said in later:
            Console(highlight=False).print(Text(Wording(catalog).resolution(said), style="bold"))
        for _, handed in reader.hand_overs(record.id):
            Console(highlight=False).print(Text(Wording(catalog).hand_over(handed)))


@app.command()
def resolve(
    name: Annotated[str, typer.Argument(metavar="RECORD", help="The record's id, or its beginning.")],
    resolution: Annotated[Resolution, typer.Argument(help="What came of the alarm.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; harmless needs one. It is signed.")] = "",
    photo: Annotated[
        Path | None, typer.Option("--photo", help="A photo of what was there (PNG or JPEG), kept with it.")
    ] = None,
    records: RecordsOption = None,
    lang: LangOption = None,
) -> None:
    """Say what came of an alarm. The record stays as it is; a signed entry stands beside it."""
    catalog, folder = catalog_of(lang), records_folder(records)
    with expected_errors():
        with open_reader(folder) as reader:
            record = reader.stored(name).inspection.id
        answer = AlarmAnswer(record=record, resolution=resolution, reason=reason, picture=_photo(photo))
        try:
            with RecordStore(folder) as store:
                entry = resolve_alarm(store, answer)
        except NoAlarmToResolve as error:
            said = catalog.text("resolve.no_alarm", record=Written(record))
            raise FirmwareError(str(said), hint=str(catalog.text("resolve.no_alarm.hint"))) from error
        except ReasonMissing as error:
            said = catalog.text("records.reason_needed")
            raise typer.BadParameter(str(said), param_hint="--reason") from error
        typer.echo(catalog.text("records.resolved", hash=Written(entry.hash)))


def _photo(path: Path | None) -> bytes | None:
    if path is None:
        return None
    with clear_errors(path):
        return path.read_bytes()


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
        folder = records_folder(records)
        with open_reader(folder) as reader:
            whole_name = reader.stored(name).inspection.id
        done = export_to_file(
            ExportJob(
                folder=str(folder.absolute()), record=whole_name, out=str(out), languages=languages,
                evidence=evidence,
            )
        )  # fmt: skip
        typer.echo(words.text("records.written", path=Written(visible(done.path, limit=PATH_MOST))))
        typer.echo(f"{done.entry_hash}\n{words.text('records.key', fingerprint=done.fingerprint)}")
        if done.without:
            names = ", ".join(visible(n) for n in done.without)
            typer.echo(words.text("records.without_attachments", names=Written(names)), err=True)
        if evidence:
            typer.echo(words.text("records.evidence"), err=True)


@app.command("form")
def form_command(
    name: Annotated[str, typer.Argument(metavar="ID", help="The record of a whole site, or its beginning.")],
    site_file: Annotated[
        Path | None, typer.Option("--site-file", metavar="SITE.toml", help="For the agency's own fields.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path(),
    certificate: Annotated[
        bool, typer.Option("--certificate", help="Also a page for the wall, where every cubicle earned it.")
    ] = False,
    records: RecordsOption = None,
    lang: LangOption = None,
) -> None:
    """Write the form that a team files (점검일지), as PDF and as a spreadsheet."""
    with expected_errors(), _report_libraries(), open_reader(records_folder(records)) as reader:
        from firmware.cli.report_form import write_form

        for path in write_form(
            reader, name, site_file=site_file, out=out, certificate=certificate, catalog=catalog_of(lang)
        ):
            typer.echo(visible(str(path), limit=PATH_MOST))


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A bundle (.zip) or a store (records.db).")],
    key: Annotated[
        Path | None, typer.Option("--key", help="The unit's public key (PEM), known from elsewhere.")
    ] = None,
    expect: Annotated[
        str | None,
        typer.Option("--expect", metavar="HASH", help="The hash on page one of a report, or its QR code."),
    ] = None,
    witness: Annotated[
        Path | None,
        typer.Option("--witness", help="A second unit's statement (report witness), as a text file."),
    ] = None,
    witness_key: Annotated[
        Path | None, typer.Option("--witness-key", help="That unit's public key (PEM), known from elsewhere.")
    ] = None,
    revoked: Annotated[
        Path | None, typer.Option("--revoked", help="Fingerprints of keys that no longer count, one a line.")
    ] = None,
    lang: LangOption = None,
) -> None:
    """Verify a bundle or a store, and say which part or entry is not as it was stored.

    Exit code 0: whole, by a key and a hash that you knew. 11: nothing contradicts itself, but the key or the
    number of entries is only what the file says. 1: altered.
    """
    catalog = catalog_of(lang)
    with expected_errors():
        public = None if key is None else public_of(key)
        outside = read_expected(expect) if expect is not None else None
        if witness is not None:
            outside = witnessed(witness, witness_key, outside, catalog)
        checked = verify_exported(file, public=public, expect=outside)
        if revoked is not None:
            checked = without_revoked(checked, text_of(revoked))
        _print_check(checked, catalog)
        if exit_of(checked) is not Exit.NOTHING_FOUND:
            raise typer.Exit(exit_of(checked))


@app.command("witness")
def witness_command(
    code: Annotated[
        str, typer.Argument(metavar="QR", help="The text of the QR code on another unit's report.")
    ],
    records: RecordsOption = None,
    lang: LangOption = None,
) -> None:
    """Sign that this unit has seen an entry of another one; it keeps a signed entry of its own about it.

    The line that is printed goes back to the other side, as text or QR code: `report verify --witness FILE`.
    """
    with expected_errors():
        seen, utc_s = read_expected(code), time.time_ns() // 10**9
        with RecordStore(records_folder(records)) as store:
            said = bear_witness(store.key, seen, utc_s=utc_s)
            store.note(Event(event="witnessed", details={"hash": seen.hash, "unit": seen.fingerprint}))
            mine = store.key.fingerprint
        typer.echo(said)
        with _report_libraries():
            import segno

            segno.make(said, error="l", micro=False).terminal(out=sys.stderr, compact=True)
        typer.echo(catalog_of(lang).text("records.key", fingerprint=mine), err=True)


def exit_of(checked: Checked) -> Exit:
    """Return the exit code of a check: a key or a store that only vouches for itself is inconclusive."""
    if checked.standing == "altered":
        return Exit.ERROR
    sure = checked.pinned and (checked.what == "bundle" or checked.anchored > 0)
    return Exit.NOTHING_FOUND if sure else Exit.INCONCLUSIVE


def _print_record(record: Inspection, words: Wording, *, answered: bool) -> None:
    verdict, console = read_verdict(record), Console(highlight=False)
    local, utc = words.when(record.span.started_utc_ns, record.span.offset_s, record.span.zone)
    console.print(Text(f"{record.id} · {words.place(record)}\n{local} = {utc}", style="dim"))
    if words.provenance(record):
        console.print(Text(words.provenance(record), style="black on yellow"))
    console.print(Text(words.headline(verdict), style="bold"))
    where = [f"{words.key('paper.where')}: {line}" for line in words.whereabouts(record)]
    for line in (*words.alarm(verdict, answered=answered), *where):
        console.print(Text(f"  {line}"))
    console.print(Text(str(words.catalog.text("cli.caught", share=verdict.share_caught))))
    for contribution in verdict.contributions:
        console.print(Text(f"  {contribution.log_lr:+.2f}  {words.reason(contribution)}"))
    if record.findings:
        console.print(Text(words.key("records.findings"), style="bold"))
    for number, finding in enumerate(record.findings, start=1):
        called = [str(finding.data[key]) for key in NAMES if finding.data.get(key)]
        named = " · ".join(visible(name) for name in (finding.subject, *called[:1]))
        console.print(Text(f"  {number}. {words.key(f'sense.{finding.sensor}')}: {named}"))
    console.print(Text(words.key("paper.not_looked"), style="bold"))
    for line in words.not_looked(record, verdict):
        console.print(Text(f"  • {line}"))


def _print_check(checked: Checked, catalog: Catalog) -> None:
    console = Console(highlight=False)
    style = {"whole": "bold green", "consistent": "bold yellow", "altered": "bold red"}[checked.standing]
    anchored = checked.standing == "consistent" and checked.anchored
    word = "consistent_anchored" if anchored else checked.standing
    title = catalog.text(f"verify.{word}", count=len(checked.troubles))
    console.print(Text(title, style=style), soft_wrap=True)
    for trouble in checked.troubles[:TROUBLES_SHOWN]:
        console.print(Text("  ▲ " + _trouble(trouble, catalog)), soft_wrap=True)
    for doubt in checked.doubts[:DOUBTS_SHOWN]:
        console.print(
            Text("  ? " + catalog.text(f"verify.doubt.{doubt.word}", seq=doubt.seq), style="yellow")
        )
    rest = len(checked.troubles[TROUBLES_SHOWN:]) + len(checked.doubts[DOUBTS_SHOWN:])
    if rest:
        console.print(Text("  " + catalog.text("verify.more", count=rest)))
    head = Written(visible(checked.head, limit=HASH_DIGITS))
    console.print(Text(catalog.text("verify.entries", count=checked.entries, head=head)), soft_wrap=True)
    console.print(Text(catalog.text("records.key", fingerprint=checked.fingerprint)))
    if checked.anchored:
        console.print(Text(catalog.text("verify.anchored", seq=checked.anchored)))
    if not checked.pinned:
        console.print(Text(catalog.text("verify.unpinned"), style="yellow"), soft_wrap=True)


def _trouble(trouble: Trouble, catalog: Catalog) -> str:
    where: str = Written(visible(trouble.where, limit=WHERE_MOST))
    if trouble.where.isascii() and trouble.where.isdecimal() and len(trouble.where) <= SEQ_DIGITS:
        where = Written(catalog.text("verify.entry", seq=int(trouble.where), part=trouble.part))
    return str(catalog.text(f"verify.trouble.{trouble.word}", where=where))


@contextmanager
def _report_libraries() -> Iterator[None]:
    """Say which extra to install where the libraries of the report are not there."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in {"fpdf", "segno", "matplotlib", "openpyxl"}:
            raise
        sys.stderr.write(f"ansim: {error.name} is not installed\n  → pip install 'ansim[report]'\n")
        raise typer.Exit(Exit.MISSING_COMPONENT) from error
