"""Opens the phone page of `ansim run --phone`: over a USB cable where there is one, else on this machine."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psutil
import typer

from firmware.i18n.catalog import Catalog, Language, catalog_for

if TYPE_CHECKING:
    from firmware.handheld.browser.phone_broker import PhoneBroker

LOOPBACK = "127.0.0.1"
CABLES = ("usb0", "usb1")  # network interfaces of a unit that is a USB network gadget


@contextmanager
def open_phone(
    *, wanted: bool, address: str | None, port: int, lang: Language
) -> Iterator[PhoneBroker | None]:
    """Serve the page where it is wanted, and say where; no port is open otherwise."""
    if not wanted:
        yield None
        return
    from firmware.handheld.browser.phone_broker import PhoneBroker  # no other run needs an HTTP server
    from firmware.handheld.browser.phone_server import PhoneServer

    catalog = catalog_for(lang)
    chosen = address or cable_address()
    if chosen is None:
        typer.echo(catalog.text("phone.no_cable"), err=True)
    broker = PhoneBroker()
    with PhoneServer(broker, sheet_of, lang=lang, address=chosen or LOOPBACK, port=port) as server:
        typer.echo(catalog.text("phone.at", url=server.url), err=True)
        typer.echo(catalog.text("phone.until"), err=True)
        if chosen is not None:
            _print_code(server.url)
        yield broker


def cable_address() -> str | None:
    """Return this unit's IPv4 address on a USB cable; None where it is no USB network gadget."""
    addresses = psutil.net_if_addrs()
    found = (a.address for name in CABLES for a in addresses.get(name, ()) if a.family.name == "AF_INET")
    return next(found, None)


def sheet_of(content: Mapping[str, Any]) -> bytes:
    """Return the sheet to share, made now."""
    from firmware.report.phone_sheet import phone_sheet

    now_ns = time.time_ns()
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(now_ns // 10**9))
    return phone_sheet(content, Catalog(content["lang"]), utc_ns=now_ns, when=when)


def _print_code(url: str) -> None:
    """Print the address as a QR code where somebody reads this in a terminal."""
    if not sys.stderr.isatty():
        return
    import segno

    segno.make(url).terminal(out=sys.stderr, compact=True)
