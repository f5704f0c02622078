"""What an alarm names is somewhere: in a direction, on a frequency, on a channel, and it stays said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from firmware.i18n.catalog import LANGUAGES, catalog_for
from firmware.sensor import Views
from firmware.verdict.model import Alarm, Level, Verdict, WeighedSubject
from firmware.verdict.whereabouts import (
    SIDES,
    Whereabouts,
    WhereaboutsLog,
    clock_hour,
    locate,
    where_sentence,
)
from hw.types import Frame
from lensdetect.model import LensView
from tests.firmware.records.rooms import emission, glint, station

MAC = "9c:a5:25:3f:7e:11"
FRAME = Frame(seq=1, t_ns=0, exposure_us=None, led=None, pixels=np.zeros((240, 320), np.uint8))
SEEING = Views(
    lens=LensView(
        frame=FRAME, glints=(), reasons={}, guidance="sweep", coverage_map=np.zeros((1, 1), np.uint8)
    )
)
SUSPECT = WeighedSubject(sensor="wifi", subject=MAC, word="finding", nats=3.0, reason="r", params={})
CHECK = Verdict(
    level=Level.CHECK, probability=0.2, prior=0.005, log_lr=3.0, share_caught=0.5, coverage={},
    contributions=(), subjects=(SUSPECT,),
)  # fmt: skip


@pytest.mark.parametrize(
    ("x", "y", "hour"),
    [
        (0.5, 0.5, 0), (0.5, 0.1, 12), (0.9, 0.5, 3), (0.5, 0.9, 6), (0.1, 0.5, 9),
        (0.9, 0.1, 2), (0.05, 0.3, 10), (0.49, 0.0, 12), (0.3, 0.95, 7),
    ],
)  # fmt: skip
def test_a_direction_is_read_off_a_clock_face(x: float, y: float, hour: int) -> None:
    assert clock_hour(x, y) == hour


def test_every_kind_of_thing_says_what_its_sensor_can_tell() -> None:
    seen = (glint(3, 0.9, x_px=288.0, y_px=120.0), emission(1, 1080.0, 0.9), station(MAC, 0.9))
    found = {w.sensor: w for w in locate(seen, SEEING)}
    assert (found["lens"].x, found["lens"].y, found["lens"].hour) == (0.9, 0.5, 3)
    assert (found["rf"].center_hz, found["rf"].has_picture) == (1080e6, False)
    assert (found["wifi"].channel_mhz, found["wifi"].level_dbm) == (2437, -51.0)
    (blind,) = locate(seen[:1], Views())
    assert (blind.x, blind.hour) == (None, None)
    assert set(blind.as_json()) == {"sensor", "subject", "has_picture"}


def test_it_is_kept_after_the_thing_fell_silent_and_only_for_an_alarm() -> None:
    log = WhereaboutsLog()
    assert log.note(replace(CHECK, level=Level.NOTHING_FOUND), (station(MAC, 0.9),), Views()) == ()
    (now,) = log.note(CHECK, (station(MAC, 0.9),), Views())
    kept = Alarm(level=Level.CHECK, t_ns=0, probability=0.2, rule="", subjects=(SUSPECT,))
    silent = replace(CHECK, subjects=(), alarm=kept)
    assert log.note(silent, (), Views()) == (now,)
    assert WhereaboutsLog().note(silent, (), Views()) == (Whereabouts(sensor="wifi", subject=MAC),)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_whereabouts_has_a_whole_sentence(lang: str) -> None:
    catalog = catalog_for(lang)  # type: ignore[arg-type]
    base = Whereabouts(sensor="lens", subject="lens:1")
    glints = [replace(base, x=0.1, y=0.1, hour=hour) for hour in range(len(SIDES) + 1)]
    sender = Whereabouts(sensor="rf", subject="rf:1", center_hz=1e9, bandwidth_hz=8e6)
    device = Whereabouts(sensor="ble", subject=MAC, level_dbm=-40.0)
    for where in (
        *glints, base, sender, replace(sender, has_picture=True), replace(sender, center_hz=None),
        device, replace(device, channel_mhz=2437), replace(device, level_dbm=None),
    ):  # fmt: skip
        key, params = where_sentence(where)
        assert key in catalog
        said = catalog.fill(key, params)
        assert "{" not in said
        assert "where." not in said
