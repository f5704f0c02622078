"""One contract a role: simulated, recorded and recorder-wrapped devices all keep it.

``sim`` renders a room, ``tap`` is that device while it is being recorded, ``session`` replays what the tap
wrote, ``elsewhere`` replays a recording that was made by other means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import CameraConfig, HwConfig
from hw.errors import EndOfRecording, HwError
from hw.formats.iq import FORMATS, from_complex, is_exact
from hw.kit import BACKENDS, open_device
from hw.protocols import BleRadio, Buttons, Camera, Leds, MonitorRadio, Sdr
from hw.replay.recorder import Recorder
from hw.types import DeviceHealth, DeviceInfo, LedState
from tests.hw import capture_files as made
from tests.hw.capture_files import Record
from tests.hw.formats.test_btsnoop_hci import event, report
from tests.hw.planted_devices import flat
from tests.hw.replay.test_session import picture, write_sigmf

SCENE = "sim:analog-camera?seed=5"
CONFIG = HwConfig(camera=CameraConfig(width_px=160, height_px=120))
PROTOCOLS = {
    "sdr": Sdr,
    "monitor": MonitorRadio,
    "ble": BleRadio,
    "camera": Camera,
    "leds": Leds,
    "buttons": Buttons,
}
SENSES = ("sdr", "monitor", "ble", "camera")
WAYS = ("sim", "tap", "session", "elsewhere")
RECORDED = ("session", "elsewhere")
ADDRESS = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
READS = 6
T0 = 1_700_000_000_000_000_000


def open_role(spec: str, role: str, clock: ManualClock) -> Any:
    if role in {"camera", "leds"}:
        eye = open_device("camera", spec=spec, config=CONFIG, clock=clock)
        return eye.camera if role == "camera" else eye.leds
    return open_device(role, spec=spec, config=CONFIG, clock=clock)


def use(device: Any, role: str, number: int) -> Any:
    """Do what a sensor does for one read."""
    if role == "sdr":
        if device.tunable:
            device.tune(center_hz=433e6 + number * 2e6, gain_db=29.7)
        return device.read(count=8192)
    if role == "monitor":
        channels = device.channels_hz()
        if channels:
            device.set_channel(center_hz=channels[number % len(channels)])
        return device.read(duration_s=0.2)
    return device.read(duration_s=0.2) if role == "ble" else device.read()


def count_reads(device: Any, role: str) -> int:
    for count in range(1000):
        try:
            use(device, role, count)
        except EndOfRecording:
            return count
    return 1000


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated room, recorded."""
    folder = tmp_path_factory.mktemp("recorded") / "session"
    with Recorder(folder, wall_ns=T0, kit=SCENE) as recorder:
        for role in SENSES:
            clock = ManualClock()
            with recorder.wrap(role, open_role(SCENE, role, clock), clock=clock) as device:
                for number in range(READS):
                    use(device, role, number)
    (folder / "buttons.jsonl").write_text('{"t_ns":0,"button":"ok","long":false}\n')
    return folder


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings that ansim did not make."""
    folder = tmp_path_factory.mktemp("elsewhere")
    write_sigmf(
        folder / "rf", data=np.random.default_rng(2).integers(0, 256, 120_000, dtype=np.uint8).tobytes()
    )
    frames = [Record(bytes([n]) * 40, T0 + n * 150_000_000, wire=900) for n in range(20)]
    (folder / "wifi.pcap").write_bytes(made.pcap(frames))
    (folder / "ble.log").write_bytes(
        made.btsnoop([Record(event(2, report()), T0 + n * 150_000_000) for n in range(20)])
    )
    (folder / "camera").mkdir()
    for number in range(8):
        picture(folder / "camera" / f"{number}.png", number)
    (folder / "buttons.jsonl").write_text('{"t_ns":0,"button":"up"}\n')
    return folder


Open = Callable[[str, str], tuple[Any, ManualClock]]


@pytest.fixture
def opened(session: Path, elsewhere: Path, tmp_path: Path) -> Iterator[Open]:
    """Give devices, and close what was given."""
    devices: list[Any] = []
    recorder = Recorder(tmp_path / "tap", wall_ns=T0)

    def give(way: str, role: str) -> tuple[Any, ManualClock]:
        clock = ManualClock()
        specs = {"session": f"replay:{session}", "elsewhere": f"replay:{elsewhere}"}
        device = open_role(specs.get(way, SCENE), role, clock)
        devices.append(device)
        return (recorder.wrap(role, device, clock=clock) if way == "tap" else device), clock

    yield give
    for device in devices:
        device.close()
    recorder.close()


def all_roles(function: Any) -> Any:
    roles = pytest.mark.parametrize("role", sorted(PROTOCOLS))
    return roles(pytest.mark.parametrize("way", WAYS)(function))


def all_senses(function: Any) -> Any:
    return pytest.mark.parametrize("role", SENSES)(pytest.mark.parametrize("way", WAYS)(function))


@all_roles
def test_it_is_what_the_protocol_says(opened: Open, way: str, role: str) -> None:
    device, _ = opened(way, role)
    assert isinstance(device, PROTOCOLS[role])
    info, health = device.info(), device.health()
    assert isinstance(info, DeviceInfo)
    assert isinstance(health, DeviceHealth)
    assert (info.role, bool(info.name), health.ok) == (role, True, True)
    assert info.backend == ("replay" if way in RECORDED else "sim")
    with device as same:
        assert same is device
    device.close()


@all_senses
def test_reading_moves_the_clock_and_time_never_runs_backwards(opened: Open, way: str, role: str) -> None:
    device, clock = opened(way, role)
    before_ns, last_ns = clock.now_ns(), -1
    for number in range(READS):
        item = use(device, role, number)
        end_ns = getattr(item, "until_ns", item.t_ns + getattr(item, "duration_ns", 0))
        assert last_ns <= item.t_ns <= end_ns <= clock.now_ns()
        assert clock.now_ns() > before_ns
        before_ns, last_ns = clock.now_ns(), item.t_ns


@all_senses
def test_the_same_again_gives_the_same(opened: Open, way: str, role: str) -> None:
    if way == "tap":
        (device, clock), (again, other) = opened("tap", role), opened("sim", role)
    else:
        (device, clock), (again, other) = opened(way, role), opened(way, role)
    for number in range(READS):
        assert flat(use(device, role, number)) == flat(use(again, role, number))
        assert clock.now_ns() == other.now_ns()


@pytest.mark.parametrize("role", SENSES)
@pytest.mark.parametrize("way", RECORDED)
def test_a_recording_ends_and_stays_ended(opened: Open, way: str, role: str) -> None:
    device, _ = opened(way, role)
    assert READS <= count_reads(device, role) < 1000
    for _ in range(3):
        with pytest.raises(EndOfRecording):
            use(device, role, 0)
    assert device.health().ok
    device.close()
    with pytest.raises(HwError):
        use(device, role, 0)


@pytest.mark.parametrize("role", SENSES)
def test_a_session_gives_what_the_room_gave(opened: Open, role: str) -> None:
    (room, clock), (played, other) = opened("sim", role), opened("session", role)
    for number in range(READS):
        assert flat(use(room, role, number)) == flat(use(played, role, number))
        assert clock.now_ns() == other.now_ns()


@pytest.mark.parametrize("way", WAYS)
def test_blocks(opened: Open, way: str) -> None:
    device, _ = opened(way, "sdr")
    blocks = [use(device, "sdr", number) for number in range(READS)]
    for number, block in enumerate(blocks):
        assert block.samples.dtype == np.complex64
        assert block.samples.ndim == 1
        assert 0 < len(block.samples) <= 8192
        assert np.isfinite(block.samples).all()
        assert 0.0 <= block.clipped_share <= 1.0
        assert block.rate_hz == device.rate_hz > 0
        assert block.sample_format in FORMATS
        assert is_exact(block.samples, from_complex(block.samples, block.sample_format), block.sample_format)
        if device.tunable:
            assert block.center_hz == 433e6 + number * 2e6
            assert block.gain_db == pytest.approx(29.7, abs=1.0)
    for block, following in pairwise(blocks):
        assert following.t_ns >= block.t_ns + block.duration_ns - 1


@pytest.mark.parametrize("way", WAYS)
def test_batches_of_frames(opened: Open, way: str) -> None:
    device, _ = opened(way, "monitor")
    channels, heard = device.channels_hz(), 0
    for number in range(READS):
        batch = use(device, "monitor", number)
        columns = (batch.starts, batch.lengths, batch.wire_lengths, batch.times_ns)
        assert {c.dtype for c in columns} == {np.dtype(np.int64)}
        assert len({len(c) for c in columns}) == 1
        assert (batch.starts >= 0).all()
        assert (batch.lengths >= 0).all()
        assert (batch.starts + batch.lengths <= len(batch.buffer)).all()
        assert (batch.wire_lengths >= batch.lengths).all()
        assert ((batch.times_ns >= batch.t_ns) & (batch.times_ns <= batch.until_ns)).all()
        assert (np.diff(batch.times_ns) >= 0).all()
        assert batch.channel_hz is None or batch.channel_hz in channels
        assert (batch.channel_hz is None) == (way == "elsewhere")
        heard += len(batch.starts)
    assert heard > 0


@pytest.mark.parametrize("way", WAYS)
def test_batches_of_adverts(opened: Open, way: str) -> None:
    device, _ = opened(way, "ble")
    heard = []
    for number in range(READS):
        batch = use(device, "ble", number)
        heard += batch.adverts
        assert all(batch.t_ns <= a.t_ns <= batch.until_ns for a in batch.adverts)
    assert heard
    for advert in heard:
        assert ADDRESS.fullmatch(advert.address)
        assert advert.address_type in {"public", "random", "unknown"}
        assert isinstance(advert.data, bytes)
        assert advert.rssi_dbm is None or -127 <= advert.rssi_dbm <= 20


@pytest.mark.parametrize("way", WAYS)
def test_frames(opened: Open, way: str) -> None:
    device, _ = opened(way, "camera")
    device.configure(CONFIG.camera)
    frames = [use(device, "camera", number) for number in range(READS)]
    for frame in frames:
        assert frame.pixels.dtype == np.uint8
        assert frame.pixels.ndim == 2
        assert frame.pixels.size > 0
    for frame, following in pairwise(frames):
        assert following.seq > frame.seq
        assert following.t_ns > frame.t_ns


@pytest.mark.parametrize("way", WAYS)
def test_lights(opened: Open, way: str) -> None:
    device, _ = opened(way, "leds")
    assert {"off", "ring"} <= set(device.states()) <= set(get_args(LedState))
    for state in device.states():
        device.set(state)


@pytest.mark.parametrize("way", WAYS)
def test_buttons(opened: Open, way: str) -> None:
    device, clock = opened(way, "buttons")
    clock.sleep_until(1)
    presses = device.poll()
    assert all(press.button in {"up", "down", "ok", "back"} for press in presses)
    assert len(presses) == (way in RECORDED)
    assert not device.poll()


def test_every_sense_has_every_backend() -> None:
    for backend, table in BACKENDS.items():
        assert set(SENSES) <= set(table), backend
