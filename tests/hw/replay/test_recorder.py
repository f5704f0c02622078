"""What is recorded replays exactly; recording never disturbs the run."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import BadRecording, DeviceLost, EndOfRecording, HwError, Reason
from hw.formats.iq import to_complex
from hw.kit import Kit, open_device
from hw.replay.bounded_file import GrowingFile
from hw.replay.describe import describe
from hw.replay.manifest import read_manifest
from hw.replay.recorder import WRITERS, Recorder, _Track, record_kit
from hw.types import SENSOR_NAMES, BleAdvert, BleBatch, ButtonPress, Dot11Batch, Frame, IqBlock
from tests.hw.planted_devices import Planted, flat

WALL_NS = 1_700_000_000_123_456_789
ASK: dict[str, dict[str, float]] = {
    "sdr": {"count": 1 << 20},
    "monitor": {"duration_s": 0.25},
    "ble": {"duration_s": 0.25},
}
LOOSE = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
times = st.integers(0, 10**12)
reasons = st.dictionaries(st.text(max_size=8), st.integers(0, 9), max_size=2)
faults = st.builds(
    lambda what, reason: DeviceLost(what, hint="Plug it in", reason=reason),
    st.text(st.characters(codec="utf-8"), max_size=9),
    st.sampled_from(Reason),
)


def clocks() -> dict[Any, ManualClock]:
    return {name: ManualClock() for name in SENSOR_NAMES}


def record(folder: Path, role: str, items: list[Any], **options: Any) -> tuple[list[Any], Recorder]:
    """Record planted items through a tap; return what the tap gave."""
    shutil.rmtree(folder, ignore_errors=True)
    recorder = Recorder(folder, wall_ns=WALL_NS, kit="planted", **options)
    clock = ManualClock()
    device = Planted(role, items, clock)
    tapped = recorder.wrap(
        role, (device, Planted("leds", [], clock)) if role == "camera" else device, clock=clock
    )
    given_items = drain(tapped[0] if role == "camera" else tapped, role, clock)
    recorder.close()
    return given_items, recorder


def replay(folder: Path, role: str) -> list[Any]:
    clock = ManualClock()
    device = open_device(role, spec=f"replay:{folder}", config=HwConfig(), clock=clock)
    with device[0] if role == "camera" else device as opened:
        return drain(opened, role, clock)


def drain(device: Any, role: str, clock: ManualClock) -> list[Any]:
    """Return everything a device gives, with the time of its clock after each read."""
    found: list[Any] = []
    while True:
        try:
            item = device.read(**ASK.get(role, {}))
        except EndOfRecording:
            return found
        except HwError as error:
            item = error
        found.append((flat(item), clock.now_ns()))


def iq_blocks() -> st.SearchStrategy[IqBlock]:
    def build(
        raw: bytes, name: str, t_ns: int, rate_hz: float, gain_db: float | None, share: float
    ) -> IqBlock:
        samples = to_complex(raw, name)
        return IqBlock(
            t_ns=t_ns,
            center_hz=1e6 * len(raw) + 0.25,
            rate_hz=rate_hz,
            gain_db=gain_db,
            samples=samples,
            clipped_share=share,
            sample_format=name,
        )

    names = st.sampled_from(["cu8", "ci8", "ci16_le"])
    rates = st.sampled_from([1.6e6, 2.4e6])
    gains = st.none() | st.floats(-10, 50)
    return st.builds(build, st.binary(min_size=4, max_size=60), names, times, rates, gains, st.floats(0, 1))


@st.composite
def dot11_batches(draw: st.DrawFn) -> Dot11Batch:
    frames = draw(st.lists(st.binary(max_size=30), max_size=5))
    lengths = np.array([len(f) for f in frames], dtype=np.int64)
    starts = np.cumsum(lengths, dtype=np.int64) - lengths + 3
    t_ns = draw(times)
    count = len(frames)
    return Dot11Batch(
        t_ns=t_ns,
        until_ns=t_ns + draw(st.integers(0, 10**9)),
        channel_hz=draw(st.none() | st.sampled_from([2412e6, 5180e6])),
        link_type=draw(st.sampled_from([127, 105])),
        buffer=b"pad" + b"".join(frames) + b"tail",
        starts=starts,
        lengths=lengths,
        wire_lengths=lengths + draw(st.integers(0, 50)),
        times_ns=np.array(draw(st.lists(times, min_size=count, max_size=count)), dtype=np.int64),
        lost=draw(st.integers(0, 5)),
        dropped=draw(reasons),
    )


adverts = st.builds(
    BleAdvert,
    t_ns=times,
    address=st.binary(min_size=6, max_size=6).map(lambda b: b.hex(":")) | st.just("not an address"),
    address_type=st.sampled_from(["public", "random", "unknown"]),
    rssi_dbm=st.none() | st.integers(-140, 140),
    data=st.binary(max_size=40) | st.binary(min_size=230, max_size=300) | st.just(bytes(2000)),
    scan_response=st.booleans(),
    connectable=st.none() | st.booleans(),
    extended=st.booleans(),
    channel=st.none() | st.integers(0, 39),
)


@st.composite
def ble_batches(draw: st.DrawFn) -> BleBatch:
    t_ns = draw(times)
    heard = tuple(draw(st.lists(adverts, max_size=4)))
    return BleBatch(t_ns=t_ns, until_ns=t_ns + draw(times), adverts=heard, dropped=draw(reasons))


frames_st = st.builds(
    Frame,
    seq=st.integers(0, 10**6),
    t_ns=times,
    exposure_us=st.none() | st.integers(50, 10**5),
    led=st.none() | st.sampled_from(["off", "ring", "side", "red"]),
    pixels=arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))),
)


def with_faults(items: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(items | items | faults, max_size=8)


@LOOSE
@given(items=with_faults(iq_blocks()))
def test_blocks_replay_exactly(tmp_path: Path, items: list[Any]) -> None:
    check(tmp_path / "s", "sdr", items)


@LOOSE
@given(items=with_faults(dot11_batches()))
def test_frames_replay_exactly(tmp_path: Path, items: list[Any]) -> None:
    check(tmp_path / "s", "monitor", items)


@LOOSE
@given(items=with_faults(ble_batches()))
def test_adverts_replay_exactly(tmp_path: Path, items: list[Any]) -> None:
    check(tmp_path / "s", "ble", items)


@LOOSE
@given(items=with_faults(frames_st))
def test_pictures_replay_exactly(tmp_path: Path, items: list[Any]) -> None:
    check(tmp_path / "s", "camera", items)


def check(folder: Path, role: str, items: list[Any]) -> None:
    if not any(not isinstance(item, Exception) for item in items):
        return
    recorded, _ = record(folder, role, items)
    assert [flat(i) for i in items] == [value for value, _ in recorded]
    assert replay(folder, role) == recorded


def test_samples_that_lie_about_their_format_are_kept_exactly(tmp_path: Path) -> None:
    odd = np.array([0.1 + 0.2j, 3 - 4j], dtype=np.complex64)
    block = IqBlock(t_ns=0, center_hz=1e9, rate_hz=1e6, gain_db=None, samples=odd, clipped_share=0.5)
    record(tmp_path / "s", "sdr", [block])
    ((value, _),) = replay(tmp_path / "s", "sdr")
    assert value["samples"] == flat(block)["samples"]
    assert value["sample_format"] == "cf32_le"


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


def some_batches(count: int) -> list[Dot11Batch]:
    lengths = np.array([100] * 4, dtype=np.int64)
    return [
        Dot11Batch(
            t_ns=n * 10**8,
            until_ns=(n + 1) * 10**8,
            channel_hz=2412e6,
            link_type=127,
            buffer=bytes(400),
            starts=np.arange(4, dtype=np.int64) * 100,
            lengths=lengths,
            wire_lengths=lengths,
            times_ns=n * 10**8 + np.arange(4, dtype=np.int64) * 1001,
        )
        for n in range(count)
    ]


def some_blocks(count: int, samples: int = 1000) -> list[IqBlock]:
    raw = np.random.default_rng(1).integers(0, 256, (count, 2 * samples), dtype=np.uint8)
    return [
        IqBlock(
            t_ns=n * 10**6,
            center_hz=1e8 + n,
            rate_hz=2.4e6,
            gain_db=20.0,
            samples=to_complex(raw[n], "cu8"),
            clipped_share=0.0,
        )
        for n in range(count)
    ]


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
    info = describe(folder)
    assert {p.role: (p.count, p.problem) for p in info.parts} == {
        "sdr": (3000, ""),
        "monitor": (12, ""),
        "ble": (1, ""),
        "camera": (1, ""),
    }
    assert info.manifest == manifest
    assert 0.1 < info.duration_s < 1
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
    recorder._tracks[role] = _Track(role=role, writer=writer)
    return writer
