"""Recordings made by other people: counts of the manifest, and no alarm but where a camera streams."""

from __future__ import annotations

import pytest

from tests.wifiscan.recordings import SHARED, load_recording, manifest_counts
from tests.wifiscan.stand_ins import access_points, scan_batches, stations

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the recordings are not beside this checkout"),
]

WIFI = SHARED / "wifi"
NAMES = sorted(manifest_counts()) if SHARED.is_dir() else []
# The manifest counts every transmitter address in this file. Eight of its eleven were invented by damaged
# frames: the checksum fails, though the driver does not say so, or the protocol version does not exist.
DAMAGED = {"wireshark_wpa-Induction.pcap": (3, 1)}
STREAMING = "semireal_d4_ipcam_stream_7s.pcap"


@pytest.mark.parametrize("name", NAMES)
def test_counts_are_those_of_the_manifest(name):
    scanner = scan_batches([load_recording(WIFI / name)])
    expected = DAMAGED.get(name, manifest_counts()[name])
    assert (len(stations(scanner)), len(access_points(scanner))) == expected


@pytest.mark.parametrize("name", [n for n in NAMES if n != STREAMING])
def test_nobody_streams(name):
    scanner = scan_batches([load_recording(WIFI / name)])
    scores = [s.streaming_score for s in stations(scanner).values() if s.streaming_score is not None]
    assert all(score < 0.5 for score in scores)


@pytest.mark.parametrize(
    ("name", "camera"),
    [
        ("semireal_d1_ednetcam_idle_setup.pcap", "3c:49:37:03:17:db"),
        ("semireal_d2_edimaxcam_idle_setup.pcap", "74:da:38:80:7a:08"),
    ],
)
def test_an_idle_camera_is_present_and_not_streaming(name, camera):
    found = stations(scan_batches([load_recording(WIFI / name)]))[camera]
    assert found.activity == "camera-idle"
    assert found.score > 0.5
    assert found.streaming_score is None


def test_the_real_stream_is_found():
    found = stations(scan_batches([load_recording(WIFI / STREAMING)]))["74:da:38:80:7a:99"]
    assert found.activity == "camera-stream"
    assert found.score > 0.95


def test_a_file_of_another_link_type_is_counted_and_nothing_else():
    name = "ether_iotsentinel_EdimaxCam1_Setup-A-3-STA.pcap"
    scanner = scan_batches([load_recording(WIFI / name)])
    assert scanner.observations() == []
    assert scanner.counts().dropped == {"link_type": 55}
