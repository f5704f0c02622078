"""``ansim report hand-over``: signs who handed a record to whom."""

from __future__ import annotations

from typing import Annotated

import typer

from firmware.cli.errors import expected_errors
from firmware.cli.options import LangOption
from firmware.cli.report_options import RecordsOption, catalog_of, records_folder
from firmware.i18n.catalog import Written
from firmware.records.hand_overs import HandOver, hand_over_event
from firmware.records.reader import open_reader
from firmware.records.store import RecordStore
from firmware.report.formatting import Wording


def hand_over_command(
    name: Annotated[str, typer.Argument(metavar="RECORD", help="The record's id, or its beginning.")],
    giver: Annotated[str, typer.Option("--from", help="Who hands it over: name and office.")],
    receiver: Annotated[str, typer.Option("--to", help="Who receives it: name and office.")],
    reason: Annotated[str, typer.Option("--reason", help="What for.")],
    place: Annotated[str, typer.Option("--at", help="Where it changes hands.")] = "",
    original: Annotated[
        bool,
        typer.Option("--original/--copy", help="The unit with its store, or a working copy (a bundle)."),
    ] = False,
    records: RecordsOption = None,
    lang: LangOption = None,
) -> None:
    """Sign that a record changes hands: who, to whom, when, where, what for; original or working copy.

    The record stays as it is. `report show`, the PDF and the bundle of a later export have the entry.
    """
    catalog, folder = catalog_of(lang), records_folder(records)
    with expected_errors():
        with open_reader(folder) as reader:
            record = reader.stored(name).inspection.id
        said = HandOver(
            record=record, giver=giver, receiver=receiver, reason=reason, place=place, original=original
        )
        try:
            event = hand_over_event(said)
        except ValueError as error:
            raise typer.BadParameter(
                str(catalog.text("hand_over.who")), param_hint="--from, --to, --reason"
            ) from error
        with RecordStore(folder) as store:
            entry = store.note(event)
            written = [one for _, one in store.hand_overs(record)]
        typer.echo(Wording(catalog).hand_over(written[-1]))
        typer.echo(catalog.text("records.resolved", hash=Written(entry.hash)))
