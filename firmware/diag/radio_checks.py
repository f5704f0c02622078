"""Self-tests of the Wi-Fi adapter and of Bluetooth: monitor mode, bands, how much arrives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from firmware.diag.model import Check, DiagBench, Probe, failed, passed, warned
from hw.errors import HwError
from hw.kit import open_device
from hw.protocols import Decodes, MonitorRadio
from hw.types import WIFI_BANDS_MHZ, ChannelSurvey
from wifiscan.adapter_reach import reach_of

RADIO_LINKS = frozenset({127, 105, 119, 192, 163})  # radiotap, 802.11, Prism, PPI, AVS: all are monitor mode
STANDARDS: Mapping[int, str] = {3: "b/g", 4: "n", 5: "ac", 6: "ax", 7: "be"}  # 802.11 by Wi-Fi generation
DECODED_LEAST = 0.5  # share of Wi-Fi cameras: an adapter below it mostly hears names
PEEK_S = 0.12  # longer than one beacon interval of 102.4 ms
DWELL_S = 1.0
FRAMES_LEAST_PER_S = 5.0  # one access point alone sends about ten beacons a second
LOST_SHARE_LIMIT = 0.05
BLE_LISTEN_S = 4.0
SPECTRA_S = 1.0
SURVEY_S, SURVEY_CHANNELS = 1.0, 4
RECEIVER_PLACES, FLAT_V = 12, 0.002  # noise of any converter is more than that
S_PER_MIN = 60.0
HZ_PER_MHZ = 1e6


def in_monitor_mode(bench: DiagBench) -> Check:
    """Check that the adapter is in monitor mode and gives 802.11 frames as they are on the air."""
    batch = bench.device.read(duration_s=PEEK_S)
    said = {"name": bench.device.info().name, "link_type": float(batch.link_type)}
    if batch.link_type not in RADIO_LINKS:
        return failed("monitor", "check.remedy.monitor_mode", **said)
    return passed("monitor", **said)


def bands(bench: DiagBench) -> Check | None:
    """Check which bands it can tune and decode; a device on another band is never received."""
    if not bench.live:
        return None
    mhz = [round(hz / HZ_PER_MHZ) for hz in bench.device.channels_hz()]
    newest = bench.device.generations() if isinstance(bench.device, Decodes) else {}
    able = {band: sum(low <= f <= high for f in mhz) for band, (low, high) in WIFI_BANDS_MHZ.items()}
    words = [_band(band, count, newest.get(band)) for band, count in able.items() if count]
    reach = reach_of(mhz, newest)
    said: dict[str, float | str] = {"bands": ", ".join(words) or "–", "channels": len(mhz)}
    said["decoded_share"] = reach.decoded
    said |= {f"generation_{band.split()[0]}": float(g) for band, g in newest.items() if able.get(band)}
    key = "monitor.bands.told" if newest else ""
    if not able["2.4 GHz"]:
        return failed("monitor.bands", "check.remedy.bands", key, **said)
    if reach.decoded < DECODED_LEAST:
        return failed("monitor.bands", "check.remedy.older", key, **said)
    if not able["5 GHz"]:
        return warned("monitor.bands", "check.remedy.one_band", key, **said)
    return passed("monitor.bands", key, **said)


def _band(name: str, channels: int, generation: int | None) -> str:
    standard = STANDARDS.get(generation or 0)
    return f"{name} 802.11{standard}: {channels}" if standard else f"{name}: {channels}"


def busiest(bench: DiagBench) -> Check:
    """Measure the frames a second on the busiest channel, and the share that got lost on the way."""
    radio = bench.device
    channels = radio.channels_hz() if bench.live else ()
    if channels:
        heard = _peek(bench, channels)
        radio.set_channel(center_hz=max(channels, key=lambda hz: heard[hz]))
    batch = radio.read(duration_s=DWELL_S)
    took_s = max((batch.until_ns - batch.t_ns) * 1e-9, PEEK_S)
    frames = len(batch.starts)
    said = {"frames_per_s": frames / took_s, "channel_mhz": (batch.channel_hz or 0.0) / 1e6}
    said["lost_share"] = batch.lost / max(1, batch.lost + frames)
    if said["frames_per_s"] < FRAMES_LEAST_PER_S:
        return warned("monitor.frames", "check.remedy.quiet", **said)
    if said["lost_share"] > LOST_SHARE_LIMIT:
        return warned("monitor.frames", "check.remedy.usb", **said)
    return passed("monitor.frames", **said)


def _peek(bench: DiagBench, channels: Sequence[float]) -> dict[float, int]:
    heard: dict[float, int] = {}
    for hz in channels:
        bench.device.set_channel(center_hz=hz)
        heard[hz] = len(bench.device.read(duration_s=PEEK_S).starts)
    return heard


def adverts(bench: DiagBench) -> Check:
    """Count Bluetooth adverts a minute: in a place with people there are always some."""
    batch = bench.device.read(duration_s=BLE_LISTEN_S)
    took_s = max((batch.until_ns - batch.t_ns) * 1e-9, PEEK_S)
    said = {
        "name": bench.device.info().name,
        "adverts_per_min": len(batch.adverts) / took_s * S_PER_MIN,
        "devices": float(len({a.address for a in batch.adverts})),
    }
    if not batch.adverts:
        return warned("ble", "check.remedy.ble_quiet", **said)
    return passed("ble", **said)


def spectra(bench: DiagBench) -> Check:
    """Count the spectra a second that a Wi-Fi adapter makes, and the channels that they are of."""
    batch = bench.device.read_spectra(duration_s=SPECTRA_S)
    took_s = max((batch.until_ns - batch.t_ns) * 1e-9, PEEK_S)
    said = {
        "name": bench.device.info().name,
        "spectra_per_s": len(batch.samples) / took_s,
        "channels": float(len({s.center_hz for s in batch.samples})),
    }
    if not batch.samples:
        return warned("spectral", "check.remedy.spectral_quiet", **said)
    return passed("spectral", **said)


def airtime(bench: DiagBench) -> Check:
    """Check that the adapter's driver counts airtime, frames and noise, and that the counters go on."""
    with _adapter_at_work(bench) as monitor:
        before = {c.center_hz: c for c in bench.device.read_survey().channels}
        if monitor is None:
            bench.clock.sleep_until(bench.clock.now_ns() + round(SURVEY_S * 1e9))
        else:
            _go_round(monitor)
        now = bench.device.read_survey().channels
    gone_on = [c for c in now if (c.time_ms or 0) > (_time_of(before.get(c.center_hz)))]
    said: dict[str, float | str] = {
        "name": bench.device.info().name,
        "channels": float(len(now)),
        "moving": float(len(gone_on)),
        "frames": float(any(c.rx_ms is not None for c in now)),
        "noise": float(any(c.noise_dbm is not None for c in now)),
    }
    if now and not (said["frames"] or said["noise"]):
        return warned("survey", "check.remedy.survey_uncounted", **said)
    if not gone_on:
        return warned("survey", "check.remedy.survey_still", **said)
    return passed("survey", **said)


def _go_round(monitor: MonitorRadio) -> None:
    """Listen on a few channels: some drivers close their books as the channel is left."""
    channels = monitor.channels_hz()[:SURVEY_CHANNELS]
    for center_hz in channels:
        monitor.set_channel(center_hz=center_hz)
        monitor.read(duration_s=SURVEY_S / SURVEY_CHANNELS)
    if not channels:
        monitor.read(duration_s=SURVEY_S)


@contextmanager
def _adapter_at_work(bench: DiagBench) -> Iterator[MonitorRadio | None]:
    """Let a real adapter listen meanwhile: the counters of one that nobody uses stand still."""
    if bench.device.info().backend != "pi":
        yield None
        return
    try:
        monitor = open_device("monitor", spec="pi", config=bench.config, clock=bench.clock)
    except HwError:
        yield None
        return
    with monitor:
        yield monitor


def _time_of(channel: ChannelSurvey | None) -> int:
    return 0 if channel is None else channel.time_ms or 0


def receiver_module(bench: DiagBench) -> Check:
    """Check that the levels of a receiver module differ from channel to channel, and that pictures come."""
    low_hz, high_hz = bench.device.reach_hz()[0]
    places = [low_hz + (high_hz - low_hz) * (n + 0.5) / RECEIVER_PLACES for n in range(RECEIVER_PLACES)]
    volts = [bench.device.read_level(center_hz=hz).volts for hz in places]
    grab = bench.device.grab(center_hz=places[0], count=1) if bench.device.has_picture() else None
    said: dict[str, float | str] = {
        "name": bench.device.info().name,
        "channels": float(len(places)),
        "low_v": min(volts),
        "high_v": max(volts),
        "pictures": float(0 if grab is None else len(grab.pictures)),
    }
    if max(volts) - min(volts) < FLAT_V:
        return warned("video_receiver", "check.remedy.receiver_flat", **said)
    if grab is None:
        return warned("video_receiver", "check.remedy.receiver_no_grabber", **said)
    return passed("video_receiver", **said)


VIDEO_RECEIVER_PROBES = (Probe("video_receiver", receiver_module),)
SURVEY_PROBES = (Probe("survey", airtime),)
SPECTRAL_PROBES = (Probe("spectral", spectra),)
MONITOR_PROBES = (
    Probe("monitor", in_monitor_mode),
    Probe("monitor.bands", bands),
    Probe("monitor.frames", busiest),
)
BLE_PROBES = (Probe("ble", adverts),)
