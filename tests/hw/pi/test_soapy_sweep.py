"""A sweep of 2.4 and 5.8 GHz, from the real SoapySDR to the verdict, with cameras planted on the air."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli.app import app
from hw.clock import ManualClock
from hw.config import HwConfig, SdrConfig
from hw.errors import EndOfRecording
from hw.kit import open_device
from hw.replay.recorder import Recorder
from sweeper.config import SweeperConfig
from sweeper.sweeper import Sweeper
from tests.hw.pi.conftest import SoapyFaults

HIGH_HZ = ((2390e6, 2434e6), (5850e6, 5880e6))
# Noise of -30 dB over 20 MHz is -33 dB over the 10 MHz of a sender, which stands 10 dB above that.
CAMERAS = ("2414e6 4e6 -23 PAL 3", "5865e6 4e6 -23 NTSC 4")


def test_cameras_at_both_bands_are_found_and_shown(soapy: SoapyFaults) -> None:
    soapy.set(*CAMERAS, noise=-30)
    clock = ManualClock()
    config = HwConfig(sdr=SdrConfig(soapy="driver=standin"))
    with open_device("sdr", spec="pi", config=config, clock=clock) as sdr:
        sweeper = Sweeper(sdr=sdr, clock=clock, config=SweeperConfig(ranges_hz=HIGH_HZ))
        while sweeper.rounds < 2:
            sweeper.step()
        found = sweeper.observations()
        coverage = sweeper.coverage()
        pictures = sweeper.pictures()
    assert [emission.kind for emission in found] == ["analog-video-pal", "analog-video-ntsc"]
    assert [emission.channel for emission in found] == ["2.4G ch1 2414 MHz", "5.8G chA1 5865 MHz"]
    for emission, hz in zip(found, (2414e6, 5865e6), strict=True):
        assert emission.center_hz == pytest.approx(hz, abs=2e6)
        assert emission.camera_score > 0.99
        assert emission.scores["picture"] >= 0.9
        assert emission.id in pictures
    assert 0 < coverage.parts["analog_2g4"] < 1
    assert 0 < coverage.parts["analog_5g8"] < 1
    assert coverage.parts["analog_low"] == 0.0


def test_quiet_air_is_covered_and_nothing_is_found(soapy: SoapyFaults) -> None:
    clock = ManualClock()
    config = HwConfig(sdr=SdrConfig(soapy="driver=standin"))
    with open_device("sdr", spec="pi", config=config, clock=clock) as sdr:
        sweeper = Sweeper(sdr=sdr, clock=clock, config=SweeperConfig(ranges_hz=((2362e6, 2518e6),)))
        while sweeper.rounds < 1:
            sweeper.step()
        assert sweeper.observations() == ()
        assert sweeper.coverage().parts["analog_2g4"] == 1.0
        assert sweeper.coverage().parts["analog_5g8"] == 0.0
        assert sweeper.health().ok
        soapy.set(overflow=2)  # what comes in pieces of 3 ms was not looked at
        shorter = Sweeper(sdr=sdr, clock=clock, config=SweeperConfig(ranges_hz=((2362e6, 2518e6),)))
        while shorter.rounds < 1:
            shorter.step()
        assert shorter.coverage().parts["analog_2g4"] == 0.0
        assert shorter.counts().dropped["too_short"] > 0


def test_a_recorded_sweep_finds_the_same(soapy: SoapyFaults, tmp_path: Path) -> None:
    soapy.set(CAMERAS[0], noise=-30)
    clock, folder = ManualClock(), tmp_path / "session"
    config = HwConfig(sdr=SdrConfig(soapy="driver=standin"))
    recorder = Recorder(folder, wall_ns=0)
    settings = SweeperConfig(ranges_hz=((2405e6, 2419e6),))
    with recorder.wrap("sdr", open_device("sdr", spec="pi", config=config, clock=clock), clock=clock) as sdr:
        live = Sweeper(sdr=sdr, clock=clock, config=settings)
        while live.rounds < 2:
            live.step()
            clock.sleep_until(clock.now_ns() + 300_000_000)
    recorder.close()
    with open_device("sdr", spec=f"replay:{folder}", config=config, clock=ManualClock()) as played:
        again = Sweeper(sdr=played, clock=ManualClock(), config=settings)
        with suppress(EndOfRecording):
            while True:
                again.step()
    assert [e.kind for e in live.observations()] == ["analog-video-pal"]
    assert [replace(e, first_ns=0, last_ns=0) for e in again.observations()] == [
        replace(e, first_ns=0, last_ns=0) for e in live.observations()
    ]
    assert again.coverage().parts["analog_2g4"] == live.coverage().parts["analog_2g4"] > 0


def test_the_command_names_the_camera_and_its_channel(soapy: SoapyFaults) -> None:
    soapy.set(CAMERAS[0], noise=-30)
    asked = ["scan", "rf", "--kit", "pi", "--lang", "en", "--duration", "6", "--jsonl"]
    settings = ["--set", "hw.sdr.soapy=driver=standin", "--set", "rf.ranges_hz=[[2390e6, 2434e6]]"]
    done = CliRunner().invoke(app, [*asked, *settings])
    assert done.exit_code == 10, done.output
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    told = [line for line in lines if line["type"] == "emission"]
    assert told[-1]["kind"] == "analog-video-pal"
    assert told[-1]["channel"] == "2.4G ch1 2414 MHz"
