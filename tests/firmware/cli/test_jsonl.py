"""The JSON lines are a contract: field names, order, finite numbers, nothing that steers a terminal."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from firmware.cli.jsonl import encode, lines
from firmware.verdict.model import Contribution, Level, Verdict
from hw.types import Counts
from lensdetect.model import Glint, Sighting
from sweeper.model import Emission
from wifiscan.model import AccessPoint, BleDevice, Identity, Station

IDENTITY = Identity(rule="ssid.uid", strength="B", why="named like a camera")
EMISSION = Emission(
    id="e1", center_hz=1.16e9, bandwidth_hz=8e6, snr_db=12.5, kind="analog-video-pal",
    scores={"camera": 0.99}, first_ns=1, last_ns=2, hits=3,
)  # fmt: skip
STATION = Station(
    mac="02:00:00:00:00:01", randomised=True, vendor=None, bssid=None, ssid="café \u202e\x1b[2J",
    channel_mhz=2437, rssi_dbm=None, frames=5, bytes_up=6, bytes_down=7, uplink_bps=None,
    streaming_score=None, identity=(IDENTITY,), score=0.1, first_ns=0, last_ns=9,
)  # fmt: skip
ACCESS_POINT = AccessPoint(
    bssid="02:00:00:00:00:02", ssid=None, channel_mhz=2412, rssi_dbm=-40.0, frames=1, identity=(), score=0.01,
    first_ns=0, last_ns=1,
)  # fmt: skip
BLE = BleDevice(
    address="02:00:00:00:00:03", address_type="random", name=None, company_id=76, rssi_dbm=-60.0, adverts=2,
    identity=(), score=0.01, first_ns=0, last_ns=1,
)  # fmt: skip
GLINT = Glint(
    id=1, x_px=1.5, y_px=2.5, label="lens", score=0.9, poses=8, first_frame=0, last_frame=30, first_ns=0,
    last_ns=1, sightings=(Sighting(frame=3, x_px=1.0, y_px=2.0),),
)  # fmt: skip
VERDICT = Verdict(
    level=Level.CHECK, probability=0.4, prior=0.005, log_lr=4.9, share_caught=0.33,
    coverage={"rf": 0.5, "wifi": None, "ble": None, "lens": 0.0},
    contributions=(Contribution(sensor="rf", subject="e1", log_lr=4.9, reason="reason.x", params={"a": 1}),),
)  # fmt: skip

CONTRACT = {
    "emission": "center_hz bandwidth_hz snr_db kind scores first_ns last_ns hits",
    "station": "mac randomised vendor bssid ssid channel_mhz rssi_dbm frames bytes_up bytes_down uplink_bps "
    "streaming_score identity score",
    "access_point": "bssid ssid channel_mhz rssi_dbm frames identity score",
    "ble": "address address_type name company_id rssi_dbm adverts identity score",
    "glint": "id x_px y_px label score poses first_frame last_frame sightings",
    "counts": "sensor read dropped",
    "verdict": "level probability prior log_lr share_caught coverage contributions",
}


def _written() -> list[dict[str, object]]:
    counts = Counts(sensor="rf", read=10, dropped={"short": 1})
    text = list(lines([EMISSION, STATION, ACCESS_POINT, BLE, GLINT], [counts], VERDICT))
    assert all("\n" not in line and line.isascii() and "\x1b" not in line for line in text)
    return [json.loads(line) for line in text]


def test_every_type_carries_the_fields_of_the_contract() -> None:
    written = {str(record["type"]): record for record in _written()}
    assert written.keys() == CONTRACT.keys()
    for kind, fields in CONTRACT.items():
        assert set(fields.split()) <= written[kind].keys(), kind


def test_the_verdict_comes_last_and_names_four_coverages() -> None:
    last = _written()[-1]
    assert last["type"] == "verdict"
    assert last["coverage"] == {"rf": 0.5, "wifi": None, "ble": None, "lens": 0.0}
    assert last["contributions"] == [
        {"sensor": "rf", "subject": "e1", "log_lr": 4.9, "reason": "reason.x", "params": {"a": 1}}
    ]


def test_a_name_from_the_air_survives_as_data() -> None:
    station = next(r for r in _written() if r["type"] == "station")
    assert station["ssid"] == STATION.ssid


@given(st.floats())
def test_numbers_are_finite_or_null(number: float) -> None:
    read = json.loads(encode({"x": number}))["x"]
    assert read is None or abs(read - number) <= 1e-8 * abs(number)
