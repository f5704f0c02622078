"""A whole site's record for the form: six cubicles, one alarm, one that nobody could enter."""

from __future__ import annotations

from dataclasses import replace

from firmware.records.custody.hash_chain import Entry
from firmware.records.custody.unit_key import UnitKey
from firmware.records.model import Inspection, NotInspected, Visit
from tests.firmware.records.rooms import NOON_UTC_NS, SECOND_NS, inspection

KEY = UnitKey(bytes(range(32)))
ROOM = "2층 여자 화장실"
ENTRY = Entry(row=1, header=b"{}", signature=b"", body=None)


def visit(number: int, **changes: object) -> Visit:
    quiet = Visit(
        record=f"site-{number:04d}", entry="0" * 64, kind="cubicle", room=ROOM, cubicle=str(number),
        level="nothing_found", probability=0.001, share_caught=0.8,
        started_utc_ns=NOON_UTC_NS + number * 60 * SECOND_NS, looked=12, enough=True,
    )  # fmt: skip
    return replace(quiet, **changes)  # type: ignore[arg-type]


def site(*visits: Visit, planned: int = 6, left_out: tuple[NotInspected, ...] = ()) -> Inspection:
    record = inspection(KEY, "site-0000", kind="site")
    return replace(record, visits=visits, planned=planned, not_inspected=left_out)


def quiet_site() -> Inspection:
    return site(*(visit(n) for n in range(1, 7)))


def alarmed_site() -> Inspection:
    rows = [visit(n) for n in range(1, 5)]
    rows.append(visit(5, level="likely_camera", alarm="likely_camera", looked=10, found=2))
    return site(*rows, left_out=(NotInspected(room=ROOM, cubicle="6", reason="early.occupied"),))
