"""Self-tests of the Wi-Fi adapter and of Bluetooth: are they listening, on which bands, how much arrives?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from firmware.diag.model import Bench, Check, Probe, failed, passed, warned

RADIO_LINKS = frozenset({127, 105, 119, 192, 163})  # radiotap, 802.11, Prism, PPI, AVS: all are monitor mode
BANDS: Mapping[str, tuple[float, float]] = {
    "2.4 GHz": (2.4e9, 2.5e9),
    "5 GHz": (5.0e9, 5.92e9),
    "6 GHz": (5.925e9, 7.125e9),
}
PEEK_S = 0.12  # longer than one beacon interval of 102.4 ms
DWELL_S = 1.0
FRAMES_LEAST_PER_S = 5.0  # one access point alone sends about ten beacons a second
LOST_SHARE_LIMIT = 0.05
BLE_LISTEN_S = 4.0
S_PER_MIN = 60.0


def in_monitor_mode(bench: Bench) -> Check:
    """The adapter is in monitor mode: what it gives are 802.11 frames as they are on the air."""
    batch = bench.device.read(duration_s=PEEK_S)
    said = {"name": bench.device.info().name, "link_type": float(batch.link_type)}
    if batch.link_type not in RADIO_LINKS:
        return failed("monitor", "check.remedy.monitor_mode", **said)
    return passed("monitor", **said)


def bands(bench: Bench) -> Check | None:
    """Which bands it can tune; what is on another band is never heard."""
    channels = bench.device.channels_hz()
    if not bench.live:
        return None
    able = {name: sum(low <= hz <= high for hz in channels) for name, (low, high) in BANDS.items()}
    words = ", ".join(f"{name}: {count}" for name, count in able.items() if count)
    if not able["2.4 GHz"]:
        return failed("monitor.bands", "check.remedy.bands", bands=words or "–", channels=len(channels))
    make = passed if able["5 GHz"] else None
    if make is None:
        return warned("monitor.bands", "check.remedy.one_band", bands=words, channels=len(channels))
    return make("monitor.bands", bands=words, channels=len(channels))


def busiest(bench: Bench) -> Check:
    """Frames a second on the busiest channel, and how many of them got lost on the way."""
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


def _peek(bench: Bench, channels: Sequence[float]) -> dict[float, int]:
    heard: dict[float, int] = {}
    for hz in channels:
        bench.device.set_channel(center_hz=hz)
        heard[hz] = len(bench.device.read(duration_s=PEEK_S).starts)
    return heard


def adverts(bench: Bench) -> Check:
    """Bluetooth adverts a minute: in a place with people there are always some."""
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


MONITOR_PROBES = (
    Probe("monitor", in_monitor_mode),
    Probe("monitor.bands", bands),
    Probe("monitor.frames", busiest),
)
BLE_PROBES = (Probe("ble", adverts),)
