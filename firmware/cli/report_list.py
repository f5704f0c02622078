"""Lists stored inspections in a terminal of 80 columns, or one JSON object a line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from firmware.i18n.catalog import Catalog
from firmware.i18n.escape import visible
from firmware.records.queries import Listed
from firmware.report.formatting import Wording

NS_PER_S = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which inspections are wanted: of a site, of a level, with an alarm that nobody answered; the newest."""

    limit: int
    site: str = ""
    level: str = ""
    unanswered: bool = False

    def of(self, rows: Sequence[Listed]) -> tuple[Listed, ...]:
        """Return the newest ``limit`` rows that fit, oldest first; what was altered is never left out."""
        wanted = [row for row in rows if row.fault or self._fits(row)]
        return tuple(wanted[-self.limit :])

    def _fits(self, row: Listed) -> bool:
        return (
            (not self.site or row.site == self.site)
            and (not self.level or row.level == self.level)
            and (not self.unanswered or row.resolution == "open")
        )


def listing(rows: Sequence[Listed], catalog: Catalog) -> Table:
    """Return the table: the whole id, the time of day here, the place, the result, the answer to an alarm."""
    words = Wording(catalog)
    title = catalog.text("records.title", count=len(rows))
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for key in ("records.id", "records.when_local", "records.place", "records.result"):
        whole = key in {"records.id", "records.when_local"}
        table.add_column(catalog.text(key), overflow="fold", no_wrap=whole, min_width=_width(key, rows))
    table.add_column(catalog.text("records.came_of_alarm"), overflow="fold")
    for row in rows:
        place = " · ".join(visible(p) for p in (row.site, row.room, row.cubicle) if p)
        came = "" if row.fault else words.came_of_alarm(row.resolution)
        table.add_row(
            Text(visible(row.id)), local_time(row.utc_ns), Text(place), _result(row, catalog), Text(came)
        )
    return table


def _width(key: str, rows: Sequence[Listed]) -> int | None:
    return max((len(visible(row.id)) for row in rows), default=0) if key == "records.id" else None


def local_time(utc_ns: int) -> str:
    """Return the time as a clock here shows it, to the minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(utc_ns // NS_PER_S))


def _result(row: Listed, catalog: Catalog) -> Text:
    if row.fault:
        return Text(catalog.text("records.altered", fault=row.fault), style="bold red")
    level = catalog.text(f"level.{visible(row.level)}")
    known = row.provenance in {"", "live"}
    mark = "" if known else f" ({catalog.text(f'records.provenance.{visible(row.provenance)}')})"
    return Text(f"{level}{mark}")


def json_lines(rows: Sequence[Listed]) -> Iterator[str]:
    """Yield one object a row: what the table shows, and the entry's number, kind and UTC."""
    for row in rows:
        yield json.dumps(
            {
                "type": "record", "id": row.id, "seq": row.seq, "kind": row.kind, "utc_ns": row.utc_ns,
                "site": row.site, "room": row.room, "cubicle": row.cubicle, "level": row.level,
                "provenance": row.provenance, "resolution": row.resolution, "fault": row.fault,
            },
            ensure_ascii=True,
        )  # fmt: skip
