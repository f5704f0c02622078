"""A session is recorded as a whole, within its limits, and recording never disturbs the run."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import HwConfig, LightConfig
from hw.errors import BadRecording, DeviceLost
from hw.kit import Kit, open_device, reopen
from hw.light_guard import guarded, refusals_of
from hw.replay.bounded_file import GrowingFile
from hw.replay.manifest import read_manifest
from hw.replay.recorder import Recorder, record_kit
from hw.replay.taps import Track
from hw.replay.writers import WRITERS
from hw.types import BleAdvert, BleBatch, ButtonPress, Frame, IqBlock, LightSwitch
from tests.hw.planted_devices import Planted
from tests.hw.replay.recordings import WALL_NS, clocks, drain, record, replay, some_batches, some_blocks
from tests.lensdetect.eyes import DeafLeds


def test_buttons_are_pressed_again(tmp_path: Path) -> None:
    presses = [ButtonPress(t_ns=5, button="ok"), ButtonPress(t_ns=9_000, button="back", long=True)]
    recorder = Recorder(tmp_path / "s", wall_ns=WALL_NS)
    clock = ManualClock()
    tapped = recorder.wrap(
        "buttons", Planted("buttons", [tuple(presses[:1]), (), tuple(presses[1:])], clock), clock=clock
    )
    assert [tuple(tapped.poll()) for _ in range(3)] == [tuple(presses[:1]), (), tuple(presses[1:])]
    recorder.close()
    clock = ManualClock()
    with open_device("buttons", spec=f"replay:{tmp_path / 's'}", config=HwConfig(), clock=clock) as buttons:
        assert tuple(buttons.poll()) == ()
        clock.sleep_until(5)
        assert tuple(buttons.poll()) == (presses[0],)
        clock.sleep_until(10_000)
        assert tuple(buttons.poll()) == (presses[1],)
        assert tuple(buttons.poll()) == ()


def test_a_kit_is_recorded_as_a_whole_and_others_can_open_it(tmp_path: Path) -> None:
    every = clocks()
    advert = BleAdvert(
        t_ns=3, address="aa:bb:cc:dd:ee:ff", address_type="random", rssi_dbm=-60, data=b"\2\1\6"
    )
    planted: dict[str, Any] = {
        "sdr": Planted("sdr", some_blocks(3), every["rf"]),
        "monitor": Planted("monitor", some_batches(3), every["wifi"]),
        "ble": Planted("ble", [BleBatch(t_ns=0, until_ns=9, adverts=(advert,))], every["ble"]),
        "camera": Planted(
            "camera",
            [Frame(seq=0, t_ns=0, exposure_us=1, led="off", pixels=np.eye(9, dtype=np.uint8))],
            every["lens"],
        ),
        "leds": Planted("leds", [], every["lens"]),
    }
    folder = tmp_path / "s"
    with Recorder(
        folder, wall_ns=WALL_NS, kit="sim:x", settings={"rf": {"a": [1, 2.5, "é\x7f"], "n": None}}
    ) as recorder:
        kit = record_kit(
            Kit(spec="sim:x", recorded=False, **planted), recorder, clocks=every, panel_clock=ManualClock()
        )
        for role in ("sdr", "monitor", "ble", "camera"):
            drain(getattr(kit, role), role, ManualClock())
        kit.close()
    assert planted["sdr"].closed == planted["leds"].closed == 1
    manifest = read_manifest(folder)
    assert manifest is not None
    assert (manifest.wall_ns, manifest.kit, manifest.stopped) == (WALL_NS, "sim:x", {})
    assert manifest.settings == {"rf": {"a": [1, 2.5, "é\x7f"]}}
    assert manifest.devices[0] == planted["sdr"].info()
    assert {part.role for part in manifest.parts} == {"sdr", "monitor", "ble", "camera"}
    assert [block["samples"][1] for block, _ in replay(folder, "sdr")] == [(1000,)] * 3
    assert sum(len(batch["frames"]) for batch, _ in replay(folder, "monitor")) == 12
    assert [batch["adverts"] for batch, _ in replay(folder, "ble") if batch["adverts"]] == [(advert,)]
    assert len(replay(folder, "camera")) == 1
    with open_device("monitor", spec=f"replay:{folder}", config=HwConfig(), clock=ManualClock()) as monitor:
        assert monitor.channels_hz() == (2412e6, 2437e6, 5180e6)
        assert monitor.generations() == {"2.4 GHz": 6, "5 GHz": 5}
    eye = open_device("camera", spec=f"replay:{folder}", config=HwConfig(), clock=ManualClock())
    assert eye.leds.states() == ("off", "ring")


def test_scapy_and_sigmf_open_what_was_recorded(tmp_path: Path) -> None:
    utils = pytest.importorskip("scapy.utils")
    record(tmp_path / "w", "monitor", some_batches(2))
    with utils.RawPcapNgReader(str(tmp_path / "w" / "wifi.pcapng")) as reader:
        raw = list(reader)
    assert [len(data) for data, _ in raw] == [100] * 8
    stamps = [((meta.tshigh << 32) | meta.tslow) for _, meta in raw]
    assert stamps[5] == WALL_NS + 10**8 + 1001
    advert = BleAdvert(
        t_ns=7,
        address="aa:bb:cc:dd:ee:ff",
        address_type="random",
        rssi_dbm=-60,
        data=bytes(500),
        extended=True,
    )
    record(tmp_path / "b", "ble", [BleBatch(t_ns=0, until_ns=9, adverts=(advert,))])
    with utils.RawPcapReader(str(tmp_path / "b" / "ble.pcap")) as reader:
        raw = list(reader)
    assert [data[:6] for data, _ in raw] == [b"\0\0\0\1\4\x3e"] * 3
    sigmf = pytest.importorskip("sigmf")
    record(tmp_path / "r", "sdr", some_blocks(3))
    opened = sigmf.sigmffile.fromfile(str(tmp_path / "r" / "rf" / "000.sigmf-meta"))
    opened.validate()
    assert opened.get_capture_info(1500)["core:frequency"] == 1e8 + 1


def test_a_limit_stops_a_part_and_nothing_else(tmp_path: Path) -> None:
    items = some_blocks(800)
    given_items, recorder = record(tmp_path / "s", "sdr", list(items), limit_mb=1)
    assert len(given_items) == 800
    assert "limit" in recorder.stopped()["sdr"]
    manifest = read_manifest(tmp_path / "s")
    assert manifest is not None
    assert "limit" in manifest.stopped["sdr"]
    replayed = replay(tmp_path / "s", "sdr")
    assert 300 < len(replayed) < 400
    assert replayed == given_items[: len(replayed)]


def test_greedy_parts_leave_room_for_the_others(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "s", wall_ns=WALL_NS, limit_mb=1)
    clock = ManualClock()
    sdr = recorder.wrap("sdr", Planted("sdr", some_blocks(800), clock), clock=clock)
    drain(sdr, "sdr", clock)
    monitor = recorder.wrap("monitor", Planted("monitor", some_batches(50), clock), clock=clock)
    drain(monitor, "monitor", clock)
    recorder.close()
    assert "stopped" in sdr.health().hint
    assert monitor.health().hint == ""
    assert set(recorder.stopped()) == {"sdr"}
    assert len(replay(tmp_path / "s", "monitor")) == 50


@pytest.mark.parametrize(("role", "items"), [("sdr", some_blocks(9)), ("monitor", some_batches(9))])
def test_a_full_disk_stops_a_part_and_keeps_what_there_is(
    tmp_path: Path, role: str, items: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = 0
    honest = GrowingFile.write

    def write(self: GrowingFile, content: bytes) -> None:
        nonlocal writes
        writes += 1
        if writes == 8 and self._file is not None:
            self._file.close()  # writing now fails as on a full disk
        honest(self, content)

    monkeypatch.setattr(GrowingFile, "write", write)
    given_items, recorder = record(tmp_path / "s", role, list(items))
    assert len(given_items) == 9
    assert "disk" in recorder.stopped()[role]
    replayed = replay(tmp_path / "s", role)
    assert 3 <= len(replayed) < 9
    assert replayed == given_items[: len(replayed)]


@pytest.mark.parametrize(("role", "items"), [("sdr", some_blocks(100)), ("monitor", some_batches(9))])
def test_a_run_that_was_killed_replays_with_a_warning(tmp_path: Path, role: str, items: list[Any]) -> None:
    recorder = Recorder(tmp_path / "s", wall_ns=WALL_NS)
    clock = ManualClock()
    given_items = drain(recorder.wrap(role, Planted(role, list(items), clock), clock=clock), role, clock)
    killed = tmp_path / "killed"
    shutil.copytree(tmp_path / "s", killed)
    recorder.close()
    replayed = replay(killed, role)
    assert replayed == given_items[: len(replayed)]
    assert len(replayed) > len(items) * 0.6
    with open_device(role, spec=f"replay:{killed}", config=HwConfig(), clock=ManualClock()) as device:
        assert "manifest" in device.health().hint


@pytest.mark.parametrize(
    ("role", "items", "name"),
    [
        ("sdr", some_blocks(3), "rf/000.sigmf-data"),
        ("sdr", some_blocks(3), "rf/000.sigmf-meta"),
        ("monitor", some_batches(3), "wifi.pcapng"),
        ("monitor", some_batches(3), "wifi.jsonl"),
        (
            "camera",
            [Frame(seq=0, t_ns=0, exposure_us=1, led=None, pixels=np.eye(9, dtype=np.uint8))],
            "camera/000000.png",
        ),
    ],
)
def test_what_was_changed_or_lost_is_refused(tmp_path: Path, role: str, items: list[Any], name: str) -> None:
    record(tmp_path / "s", role, list(items))
    path = tmp_path / "s" / name
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(BadRecording, match="SHA-256"):
        replay(tmp_path / "s", role)
    path.unlink()
    with pytest.raises(BadRecording, match="gone"):
        replay(tmp_path / "s", role)


def test_a_folder_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "something").write_text("precious")
    with pytest.raises(BadRecording, match="not empty"):
        Recorder(tmp_path, wall_ns=WALL_NS)
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadRecording):
        Recorder(tmp_path / "file", wall_ns=WALL_NS)


def test_a_device_that_is_opened_again_continues_its_part(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "s", wall_ns=WALL_NS)
    clock = ManualClock()
    batches = some_batches(6)
    first = Planted("monitor", [*batches[:2], DeviceLost("gone"), DeviceLost("gone")], clock)
    tapped = recorder.wrap("monitor", first, clock=clock)
    given_items = drain(tapped, "monitor", clock)
    tapped.close()
    clock.sleep_until(clock.now_ns() + 10**9)
    again = recorder.wrap("monitor", Planted("monitor", batches[2:], clock), clock=clock)
    given_items += drain(again, "monitor", clock)
    recorder.close()
    assert [v for v, _ in replay(tmp_path / "s", "monitor")] == [v for v, _ in given_items]
    reopened = ManualClock(
        given_items[3][1] + 1
    )  # a run that gave up the device opens it again after the fault
    with open_device("monitor", spec=f"replay:{tmp_path / 's'}", config=HwConfig(), clock=reopened) as device:
        assert [v for v, _ in drain(device, "monitor", reopened)] == [v for v, _ in given_items[4:]]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "version = 2\nwall_ns = 1\n",
        "version = 1\n",
        "nonsense [",
        'version = 1\nwall_ns = "x"\n',
        "version=1\nwall_ns=1\n[[parts]]\nrole=1\n",
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused(tmp_path: Path, content: str) -> None:
    record(tmp_path / "s", "monitor", some_batches(2))
    (tmp_path / "s" / "manifest.toml").write_text(content)
    with pytest.raises(BadRecording, match="manifest"):
        replay(tmp_path / "s", "monitor")


def test_names_in_a_manifest_cannot_lead_out_of_the_session(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    record(
        tmp_path / "s",
        "camera",
        [Frame(seq=0, t_ns=0, exposure_us=1, led=None, pixels=np.eye(9, dtype=np.uint8))],
    )
    (tmp_path / "s" / "manifest.toml").unlink()
    index = tmp_path / "s" / "camera" / "camera.jsonl"
    entry = json.loads(index.read_text())
    index.write_text(json.dumps({**entry, "file": "../../secret.png"}) + "\n")
    assert replay(tmp_path / "s", "camera") == []


def test_every_part_is_on_the_disk_before_the_manifest_vouches_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def noted(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        real(handle)

    monkeypatch.setattr("os.fsync", noted)
    folder = tmp_path / "session"
    with Recorder(folder, wall_ns=1) as recorder:
        pixels = np.zeros((4, 4), dtype=np.uint8)
        writer = recorder_writer(recorder, "camera")
        writer.write(Frame(seq=0, t_ns=0, exposure_us=None, led=None, pixels=pixels), until_ns=1)
        writer = recorder_writer(recorder, "sdr")
        samples = np.zeros(8, dtype=np.complex64)
        block = IqBlock(t_ns=0, center_hz=1e9, rate_hz=1e6, gain_db=None, samples=samples, clipped_share=0.0)
        writer.write(block, until_ns=1)
        del synced[:]
    names = ["000000.png", "camera.jsonl", "000.sigmf-data"]
    assert all(synced.index(name) < synced.index("manifest.toml.part") for name in names)
    assert "000.part" in synced


def recorder_writer(recorder: Recorder, role: str) -> Any:
    """Return the writer of a role as `Recorder.wrap` makes it."""
    writer = WRITERS[role](recorder.folder, budget=recorder._budget, wall_ns=1)
    recorder._tracks[role] = Track(role=role, writer=writer)
    return writer


def test_a_tapped_device_is_opened_again_and_its_part_goes_on(tmp_path: Path) -> None:
    class Reopened(Planted):
        opened = 0

        def reopen(self) -> None:
            self.opened += 1

    clock = ManualClock()
    gone = DeviceLost("gone", hint="Plug it in")
    device = Reopened("monitor", [*some_batches(2), gone, *some_batches(1)], clock)
    with Recorder(tmp_path / "s", wall_ns=WALL_NS) as recorder:
        tapped = recorder.wrap("monitor", device, clock=clock)
        given_items = drain(tapped, "monitor", clock)
        reopen(tapped)
    assert device.opened == 1
    assert replay(tmp_path / "s", "monitor") == given_items  # the fault between them included


def test_what_the_lights_did_replays_before_the_same_picture_whatever_the_clock_says(tmp_path: Path) -> None:
    clock = ManualClock()
    frames = [
        Frame(seq=n, t_ns=n, exposure_us=1, led=None, pixels=np.full((4, 4), n, np.uint8)) for n in range(3)
    ]
    items = [frames[0], DeviceLost("It was unplugged"), frames[1], frames[2]]

    def look(eye: Any, clock: ManualClock) -> list[Any]:
        """Switch and read as a sensor does, with another delay before every read."""
        safe = guarded(eye.leds, clock=clock, config=LightConfig())
        seen: list[Any] = []
        for state in ("ring", "off", "side", "side"):
            clock.sleep_until(clock.now_ns() + 10_000_019)
            safe.set(state)
            # The last light is on for longer than it may be, where it is real.
            clock.sleep_until(clock.now_ns() + (3 * 10**9 if state == "side" else 0))
            safe.tick()
            seen += safe.take_switches()
            try:
                seen.append(eye.camera.read().seq)
            except DeviceLost:
                safe.reopen()
        return [*seen, refusals_of(safe)]

    with Recorder(tmp_path / "s", wall_ns=WALL_NS) as recorder:
        pair = (Planted("camera", items, clock), DeafLeds())
        live = look(recorder.wrap("camera", pair, clock=clock), clock)
    assert [s.state for s in live if isinstance(s, LightSwitch)][:4] == ["ring", "off", "off", "side"]
    assert live[-1]["on_too_long"] >= 1
    again = open_device("camera", spec=f"replay:{tmp_path / 's'}", config=HwConfig(), clock=ManualClock())
    replayed = look(again, ManualClock(3))
    # Behind the gap they are told at once: no picture came between.
    assert sorted(map(repr, replayed)) == sorted(map(repr, live))
    assert [s for s in replayed if isinstance(s, LightSwitch)] == [
        s for s in live if isinstance(s, LightSwitch)
    ]
