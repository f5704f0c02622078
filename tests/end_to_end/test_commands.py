"""The commands as a person types them: recordings in, JSON lines, screens and exit codes out."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli.app import app

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
shared = [pytest.mark.shared, pytest.mark.skipif(not SHARED.is_dir(), reason="no shared recordings here")]
RUNNER = CliRunner()


def scan(*words: str) -> tuple[int, list[dict[str, object]]]:
    done = RUNNER.invoke(app, ["scan", *words, "--jsonl"], catch_exceptions=False)
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


def of_type(lines: list[dict[str, object]], kind: str) -> list[dict[str, object]]:
    return [line for line in lines if line["type"] == kind]


@pytest.mark.parametrize("command", ["demo", "run", "scan", "session", "diag", "config"])
def test_every_command_teaches_itself(command: str) -> None:
    done = RUNNER.invoke(app, [command, "--help"])
    assert done.exit_code == 0
    assert command in done.stdout


def test_an_unknown_kit_is_a_usage_error_that_names_the_choices() -> None:
    done = RUNNER.invoke(app, ["scan", "rf", "--kit", "sim:no-such-room"])
    assert done.exit_code == 2
    assert "empty-room" in done.stderr


def test_a_file_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    done = RUNNER.invoke(app, ["scan", "wifi", "--kit", f"replay:{tmp_path / 'gone.pcap'}"])
    assert done.exit_code == 2
    assert "gone.pcap" in done.stderr.replace("\n", "")


def test_an_ethernet_capture_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "ether.pcap"
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    path.write_bytes(header + struct.pack("<IIII", 1, 0, 60, 60) + bytes(60))
    done = RUNNER.invoke(app, ["scan", "wifi", "--kit", f"replay:{path}"])
    assert done.exit_code == 1
    assert "Ethernet" in done.stderr
    assert "monitor mode" in done.stderr.replace("\n", " ")


def test_mistakes_in_settings_are_told_all_at_once() -> None:
    done = RUNNER.invoke(app, ["config", "check", "--set", "hw.sdr.gian_db=3", "--set", "hw.sdr.ppm=9999"])
    assert done.exit_code == 2
    assert "gain_db" in done.stderr
    assert "ppm" in done.stderr


def test_settings_are_listed_with_where_they_were_set() -> None:
    done = RUNNER.invoke(app, ["config", "show", "--set", "hw.sdr.gain_db=12.5"])
    assert done.exit_code == 0
    assert "12.5" in done.stdout


def test_a_simulated_unit_passes_its_self_test() -> None:
    done = RUNNER.invoke(app, ["diag", "check", "--kit", "sim:empty-room", "--json"])
    results = {line["name"]: line["result"] for line in map(json.loads, done.stdout.splitlines())}
    assert {"sdr", "monitor", "ble", "camera", "display", "disk"} <= results.keys()
    assert [name for name in ("sdr", "camera", "display") if results[name] != "pass"] == []
    assert done.exit_code == 0


def test_an_unplugged_device_fails_its_check_and_the_others_pass() -> None:
    done = RUNNER.invoke(app, ["diag", "check", "--kit", "sim:empty-room?unplug=rf@0", "--json"])
    results = {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert done.exit_code == 1
    assert results["sdr"]["result"] == "fail"
    assert results["sdr"]["remedy"]
    assert results["camera"]["result"] == "pass"


class TestRealRecordings:
    pytestmark = shared

    def test_fifteen_transmitters_and_seven_access_points(self) -> None:
        code, lines = scan("wifi", "--kit", f"replay:{SHARED / 'wifi/aircrack_test1.pcap'}")
        assert len(of_type(lines, "station")) == 15
        assert len(of_type(lines, "access_point")) == 7
        assert lines[-1]["type"] == "verdict"
        assert code in {0, 11}

    def test_bursts_near_868_95_mhz_and_no_video(self) -> None:
        name = "iq/rtlwmbus_rtlsdr_868.950M_1M6_samples2.sigmf-meta"
        _, lines = scan("rf", "--kit", f"replay:{SHARED / name}")
        found = of_type(lines, "emission")
        assert any(abs(float(str(e["center_hz"])) - 868.95e6) < 0.3e6 for e in found)
        assert not [e for e in found if "video" in str(e["kind"]) or e["kind"] == "cofdm"]

    def test_thirty_advertisers_in_140_reports(self) -> None:
        _, lines = scan("ble", "--kit", f"replay:{SHARED / 'ble/csacca_btsnoop_first12pct.log'}")
        found = of_type(lines, "ble")
        assert len(found) == 30
        assert sum(int(str(b["adverts"])) for b in found) == 140

    @pytest.mark.parametrize(
        "path",
        sorted(p for p in SHARED.rglob("*") if p.is_file() and p.suffix not in {".md", ".sigmf-data"}),
        ids=lambda p: p.name,
    )
    def test_every_recording_gives_a_result_or_one_clear_error(self, path: Path) -> None:
        sense = {"iq": "rf", "ble": "ble", "img": "lens"}.get(path.parent.name, "wifi")
        done = RUNNER.invoke(
            app, ["scan", sense, "--kit", f"replay:{path}", "--jsonl"], catch_exceptions=False
        )
        if done.exit_code in {0, 10, 11}:
            assert json.loads(done.stdout.splitlines()[-1])["type"] == "verdict"
        else:
            assert done.exit_code == 1
            assert done.stderr.startswith("ansim: ")
            assert "Traceback" not in done.stderr

    def test_the_three_together_give_one_verdict_and_one_screen(self, tmp_path: Path) -> None:
        session = tmp_path / "session"
        (session / "rf").mkdir(parents=True)
        for suffix in (".sigmf-meta", ".sigmf-data"):
            name = f"rtlwmbus_rtlsdr_868.950M_1M6_samples2{suffix}"
            (session / "rf" / name).write_bytes((SHARED / "iq" / name).read_bytes())
        (session / "wifi.pcap").write_bytes((SHARED / "wifi/aircrack_test1.pcap").read_bytes())
        (session / "ble.log").write_bytes((SHARED / "ble/csacca_btsnoop_first12pct.log").read_bytes())
        screen = tmp_path / "screen.png"
        done = RUNNER.invoke(
            app, ["run", "--kit", f"replay:{session}", "--screen", str(screen), "--lang", "en"]
        )
        assert done.exit_code in {0, 11}
        assert screen.read_bytes().startswith(b"\x89PNG")
        assert "Probability of a hidden camera" in done.stdout.replace("\n", " ")
