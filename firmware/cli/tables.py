"""Tables of a scan in the terminal: one a sensor, the verdict's findings on top; only they have a score."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from firmware.i18n.catalog import Catalog
from firmware.i18n.escape import visible
from firmware.i18n.names import line_name
from firmware.i18n.numbers import UNKNOWN, write_number
from firmware.sensor import Observation
from lensdetect.model import Glint
from sweeper.model import Emission
from wifiscan.model import AccessPoint, BleDevice, Identity, Station

ROWS_SHOWN = 18
SIGNS_LIMIT = 160  # graphemes

T = TypeVar("T")


def tables(
    observations: Sequence[Observation],
    catalog: Catalog,
    *,
    findings: Collection[str] = (),
    rows: int = ROWS_SHOWN,
) -> RenderableType:
    """Return the tables of every sensor that has something to show; ``findings`` are the verdict's."""
    makers: tuple[tuple[str, Callable[..., Table]], ...] = (
        (Emission.type_name, emission_table),
        (AccessPoint.type_name, access_point_table),
        (Station.type_name, station_table),
        (BleDevice.type_name, ble_table),
        (Glint.type_name, glint_table),
    )
    parts: list[RenderableType] = []
    for kind, maker in makers:
        found = [o for o in observations if o.type_name == kind]
        if found:
            parts.append(maker(found, catalog, findings=findings, rows=rows))
    return Group(*parts) if parts else Text(catalog.text("cli.nothing_heard_yet"), style="dim")


def emission_table(
    found: Sequence[Emission], catalog: Catalog, *, findings: Collection[str], rows: int
) -> Table:
    """Return the transmissions, the likeliest camera first, then the loudest, the receiver's own last."""
    table = _table(catalog, "sense.rf", len(found), rows)
    for column in ("frequency", "bandwidth", "snr"):
        table.add_column(catalog.text(f"column.{column}"), justify="right", no_wrap=True)
    table.add_column(catalog.text("column.kind"))
    table.add_column(catalog.text("column.score"), justify="right")
    ordered = sorted(
        found,
        key=lambda e: (
            e.subject not in findings,
            e.kind == "self-noise",
            -e.camera_score,
            -e.snr_db,
            e.center_hz,
        ),
    )
    for e in ordered[:rows]:
        kind = catalog.say(line_name(e))
        table.add_row(
            _place(e, catalog),
            f"{e.bandwidth_hz / 1e3:,.0f} kHz",
            f"{e.snr_db:.0f} dB",
            Text(f"{kind} ({e.channel})" if e.channel else kind),
            _score(e, findings),
        )
    return table


def _place(emission: Emission, catalog: Catalog) -> str:
    """Return where it is on the dial, or how far from the middle of a recording that does not say where."""
    mhz = emission.center_hz / 1e6
    if "frequency_unstated" in emission.measures:
        return catalog.text("cli.rf.beside", mhz=f"{mhz:+.3f}")
    return f"{mhz:.3f} MHz"


def station_table(
    found: Sequence[Station], catalog: Catalog, *, findings: Collection[str], rows: int
) -> Table:
    """Return the Wi-Fi transmitters, the likeliest camera first."""
    table = _table(catalog, "cli.stations", len(found), rows)
    table.add_column(catalog.text("column.address"), no_wrap=True)
    table.add_column(catalog.text("column.vendor"), max_width=22)
    for column in ("signal", "frames", "uplink"):
        table.add_column(catalog.text(f"column.{column}"), justify="right", no_wrap=True)
    table.add_column(catalog.text("column.signs"))
    table.add_column(catalog.text("column.score"), justify="right")
    for s in sorted(found, key=lambda s: (s.subject not in findings, -s.score, -s.frames, s.mac))[:rows]:
        vendor = catalog.text("cli.random_address") if s.randomised else s.vendor or ""
        table.add_row(
            s.mac, Text(visible(vendor)), _dbm(s.rssi_dbm), f"{s.frames:,}", _rate(s.uplink_bps),
            _signs(catalog, s.identity, s.activity and f"activity.{s.activity}"), _score(s, findings),
        )  # fmt: skip
    return table


def access_point_table(
    found: Sequence[AccessPoint], catalog: Catalog, *, findings: Collection[str], rows: int
) -> Table:
    """Return the networks, the likeliest camera first."""
    table = _table(catalog, "cli.access_points", len(found), rows)
    table.add_column(catalog.text("column.network"), max_width=34)
    table.add_column(catalog.text("column.address"), no_wrap=True)
    for column in ("channel", "signal"):
        table.add_column(catalog.text(f"column.{column}"), justify="right", no_wrap=True)
    table.add_column(catalog.text("column.signs"))
    table.add_column(catalog.text("column.score"), justify="right")
    for a in sorted(found, key=lambda a: (a.subject not in findings, -a.score, a.bssid))[:rows]:
        name = Text(visible(a.ssid)) if a.ssid else Text(catalog.text("cli.hidden_name"), style="dim")
        channel = write_number(a.channel_mhz, "channel", catalog.locale) if a.channel_mhz else ""
        table.add_row(
            name, a.bssid, channel, _dbm(a.rssi_dbm), _signs(catalog, a.identity, None), _score(a, findings)
        )
    return table


def ble_table(found: Sequence[BleDevice], catalog: Catalog, *, findings: Collection[str], rows: int) -> Table:
    """Return the Bluetooth advertisers, the likeliest camera first."""
    table = _table(catalog, "sense.ble", len(found), rows)
    table.add_column(catalog.text("column.name"), max_width=28)
    table.add_column(catalog.text("column.address"), no_wrap=True)
    for column in ("signal", "adverts"):
        table.add_column(catalog.text(f"column.{column}"), justify="right", no_wrap=True)
    table.add_column(catalog.text("column.signs"))
    table.add_column(catalog.text("column.score"), justify="right")
    for b in sorted(found, key=lambda b: (b.subject not in findings, -b.score, -b.adverts, b.address))[:rows]:
        table.add_row(
            Text(visible(b.name or "")), b.address, _dbm(b.rssi_dbm), str(b.adverts),
            _signs(catalog, b.identity, b.benign and f"benign.{b.benign}"), _score(b, findings),
        )  # fmt: skip
    return table


def glint_table(found: Sequence[Glint], catalog: Catalog, *, findings: Collection[str], rows: int) -> Table:
    """Return the glints, the likeliest lens first."""
    table = _table(catalog, "sense.lens", len(found), rows)
    for column in ("number", "position", "poses"):
        table.add_column(catalog.text(f"column.{column}"), justify="right", no_wrap=True)
    table.add_column(catalog.text("column.kind"))
    table.add_column(catalog.text("column.score"), justify="right")
    for g in sorted(found, key=lambda g: (g.subject not in findings, -g.score, -g.poses, g.id))[:rows]:
        where = f"{g.x_px:.0f}, {g.y_px:.0f} px"
        table.add_row(str(g.id), where, str(g.poses), catalog.text(f"glint.{g.label}"), _score(g, findings))
    return table


def _table(catalog: Catalog, title_key: str, count: int, rows: int) -> Table:
    more = f" · {rows}/{count}" if count > rows else f" · {count}"
    return Table(
        title=catalog.text(title_key) + more, title_justify="left", header_style="bold", expand=False
    )


def _score(thing: Observation, findings: Collection[str]) -> Text:
    """Return the score of a finding; a dash for anything else, whose score weighs nothing."""
    if thing.subject not in findings:
        return Text(UNKNOWN, style="dim")
    return Text(f"{thing.camera_score:.0%}" if thing.camera_score >= 0.01 else "<1%", style="bold red")


def _signs(catalog: Catalog, identity: Sequence[Identity], kind_key: str | None) -> Text:
    words = [catalog.identity(i.params) for i in identity]
    words += [catalog.text(kind_key)] if kind_key else []
    return Text(visible("; ".join(words), limit=SIGNS_LIMIT), style="" if identity else "dim")


def _dbm(rssi_dbm: float | None) -> str:
    return "" if rssi_dbm is None else f"{rssi_dbm:.0f} dBm"


def _rate(uplink_bps: float | None) -> str:
    if uplink_bps is None:
        return ""
    return f"{uplink_bps / 1e6:.2f} Mbit/s" if uplink_bps >= 1e6 else f"{uplink_bps / 1e3:.0f} kbit/s"
