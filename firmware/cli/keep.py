"""Stores a finished scan as a record of its place, and recognises what that site has declared harmless."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from firmware.cli.errors import LEVEL_EXIT, Exit, print_error
from firmware.i18n.catalog import Catalog, Written
from firmware.records.begun import Begun, begin_scan
from firmware.records.compare.allowlist import Recogniser
from firmware.records.compare.site_knowledge import recogniser_at
from firmware.records.custody.errors import RecordsError
from firmware.records.save_scan import keep_scan, place_of, records_home, span_until_now
from firmware.runtime.session import Outcome
from firmware.settings.settings import Settings


def known_at(keep_at: str, settings: Settings) -> Recogniser | None:
    """Return the recogniser of the devices of the site for which the result is kept, if it has any."""
    return recogniser_at(place_of(keep_at).site, folder=records_home(settings), config=settings.records)


@contextmanager
def begun_at(place: str, *, settings: Settings, catalog: Catalog) -> Iterator[str]:
    """Sign that a scan of a place begins, say what was left before it, and give the id of its record."""

    def tell(begun: Begun) -> None:
        if begun.trouble is not None:
            print_error(begun.trouble)
        for name in begun.left:
            typer.echo(catalog.text("records.left", record=Written(name)), err=True)

    folder, config = records_home(settings), settings.records
    with begin_scan(folder, place=place_of(place), config=config, tell=tell) as begun:
        yield begun.record


def keep_and_say(outcome: Outcome, *, kit: str, place: str, settings: Settings, name: str = "") -> None:
    """Store a scan whose verdict was shown already; that it could not be stored is said and hides no find.

    Raises
    ------
    RecordsError
        If it could not be stored and nothing was found: then this is how the command ends.
    """
    try:
        name = keep(outcome, kit=kit, place=place, settings=settings, name=name)
    except RecordsError as error:
        if LEVEL_EXIT[outcome.snapshot.verdict.level] is not Exit.SUSPICIOUS:
            raise
        print_error(error)
        return
    typer.echo(f"ansim report show {name}", err=True)


def keep(outcome: Outcome, *, kit: str, place: str, settings: Settings, name: str = "") -> str:
    """Store a finished scan and return the id of its record; ``name`` where it got one when it began."""
    return keep_scan(
        outcome.snapshot,
        span=span_until_now(outcome.snapshot.elapsed_s),
        place=place_of(place),
        kit=kit,
        simulated=False,  # what lies behind the kit tells
        settings=settings,
        folder=records_home(settings),
        name=name,
    )
