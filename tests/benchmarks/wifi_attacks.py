"""Attacks on the air, each at three strengths, with a camera that streams and without: what the unit says.

    python -m tests.benchmarks.wifi_attacks [--seeds 3] [--only NAME]

Method: `wifi_attack_air` draws 45 s of a site on three channels; the attack adds to it. The Wi-Fi sensor hops
over the channels as it plans itself and hears what is sent on the one that it is tuned to; the Bluetooth
sensor hears all adverts. Both report to one verdict. Asked for: with a camera CHECK or above; without one
never LIKELY, and the disturbance named. Everything is SIMULATED.
"""

from __future__ import annotations

import argparse
import resource
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from firmware.verdict.evidence.weigh import weigh
from firmware.verdict.fusion import SensorReport
from firmware.verdict.judge import Judge
from firmware.verdict.model import Level, Verdict
from hw.clock import ManualClock
from hw.errors import EndOfRecording
from hw.types import BleBatch, DeviceHealth, Dot11Batch
from tests.benchmarks import wifi_attack_air as air
from tests.benchmarks.results import record
from tests.benchmarks.wifi_attack_air import Air, Site
from wifiscan.config import BleScanConfig, WifiConfig
from wifiscan.model import Disturbance, Station
from wifiscan.scanner import BleScanner, WifiScanner

PRIOR = 0.005
ALARMS = (Level.CHECK, Level.LIKELY_CAMERA)
END_S = air.HEARD_S
CAMERA_NAMES = (b"LookCam_%04X", b"Nax_21000%07d", b"FTYC%06dAGFDZ")
CALM = "calm"
Attack = Callable[[Site, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one site under one attack came to."""

    attack: str
    strength: float
    camera: bool
    level: Level
    found: bool  # the camera's own address is called streaming, or something is where there is none
    named: tuple[str, ...]  # disturbances
    share_caught: float
    cpu_s: float
    frames: int


# ---------------------------------------------------------------------- attacks: (site, how many a second)


def bluetooth_flood(site: Site, hz: float) -> None:
    """Send one advert of each of many invented devices."""
    for t in np.arange(0, END_S, 1 / hz):
        air.advertise(
            site, air.address(site.rng, made_up=True), name=b"", period_s=1.0, begin_s=t, end_s=t + 1
        )


def bluetooth_names(site: Site, count: float) -> None:
    """Advertise under the names of many cameras."""
    for k in range(int(count)):
        name = CAMERA_NAMES[k % 2] % k
        air.advertise(site, air.address(site.rng, made_up=True), name=name, period_s=4.0)


def invented_devices(site: Site, hz: float) -> None:
    """Send one frame of each of many invented stations."""
    for t in np.arange(0, END_S, 1 / hz):
        for mhz in air.CHANNELS_MHZ:
            ta = air.address(site.rng, made_up=bool(site.rng.random() < 0.5))
            head = air.management(air.PROBE_REQUEST, ta, air.EVERYBODY, b"\0\0")
            air.put(site, t * air.US, mhz, head, dbm=-50)


def invented_networks(site: Site, hz: float) -> None:
    """Send one beacon of each of many invented networks."""
    for k, t in enumerate(np.arange(0, END_S, 1 / hz)):
        for mhz in air.CHANNELS_MHZ:
            owner = air.address(site.rng)
            body = air.beacon_body(tsf=int(t * air.US), name=b"Free %d" % k)
            air.put(site, t * air.US, mhz, air.management(air.BEACON, owner, owner, body), dbm=-50)


def camera_names(site: Site, count: float) -> None:
    """Open networks under the names of many cameras."""
    for k in range(int(count)):
        owner, mhz = air.address(site.rng), air.CHANNELS_MHZ[k % 3]
        air.beacons(site, owner, mhz, name=CAMERA_NAMES[k % 3] % k, every_s=1.024 * max(1.0, count / 100))


def cloned_cameras(site: Site, count: float) -> None:
    """Let many invented devices stream as the camera does, as far as the channel carries it."""
    if count > 100:
        times = np.sort(site.rng.uniform(0, END_S, int(count) * 3))
        clones = [air.CAMERA[:3] + site.rng.bytes(3) for _ in range(int(count))]
        for k, t in enumerate(times.tolist()):
            clone = clones[k % len(clones)]
            air.data(site, t * air.US, air.CAMERA_MHZ, clone, air.NETWORK, 1400, way=air.TO_NETWORK, dbm=-45)
        return
    for _ in range(int(count)):
        clone = air.CAMERA[:3] + site.rng.bytes(3)
        air.stream(site, clone, air.NETWORK, air.CAMERA_MHZ, dbm=-45, bps=min(6e5, 12e6 / count))


def forged_uplink(site: Site, hz: float) -> None:
    """Send frames in the camera's name, or where there is none in a laptop's, that belong to no stream."""
    victim = air.CAMERA if site.camera else air.LAPTOP
    sequence = int(site.rng.integers(2**20, 2**40))
    for k, t in enumerate(np.sort(site.rng.uniform(0, END_S, int(hz * END_S))).tolist()):
        size = int(site.rng.integers(60, 1500))
        air.data(
            site, t * air.US, air.CAMERA_MHZ, victim, air.NETWORK, size, way=air.TO_NETWORK, dbm=-40,
            number=sequence + k,
        )  # fmt: skip


def forged_downlink(site: Site, hz: float) -> None:
    """Send large frames to the camera, or to a laptop, in their network's name: a stream becomes a call."""
    victim = air.CAMERA if site.camera else air.LAPTOP
    sequence = int(site.rng.integers(2**20, 2**40))
    for k, t in enumerate(np.sort(site.rng.uniform(0, END_S, int(hz * END_S))).tolist()):
        air.data(
            site, t * air.US, air.CAMERA_MHZ, air.NETWORK, victim, 1400, way=air.FROM_NETWORK, dbm=-40,
            number=sequence + k,
        )  # fmt: skip


def _silenced(site: Site, share: float) -> None:
    """Keep the camera off the air for a share of every ten seconds."""
    kept = []
    for frame in site.frames:
        from_camera = frame.head[air.RADIOTAP_BYTES + 10 : air.RADIOTAP_BYTES + 16] == air.CAMERA
        if not (from_camera and frame.t_us % (10 * air.US) < share * 10 * air.US):
            kept.append(frame)
    site.frames[:] = kept


def deauthentication(site: Site, hz: float) -> None:
    """Order the camera to leave, in its network's name; it comes back a while later."""
    _silenced(site, min(0.6, hz / 300))
    for k, t in enumerate(np.arange(0, END_S, 1 / hz)):
        kind = air.DEAUTHENTICATION if k % 2 else air.DISASSOCIATION
        head = air.management(kind, air.NETWORK, air.NETWORK, b"\x07\0")
        air.put(site, t * air.US, air.CAMERA_MHZ, head, dbm=-42, number=k)


def channel_switch(site: Site, hz: float) -> None:
    """Announce a channel switch in the network's name, by action frames and by beacons."""
    _silenced(site, min(0.6, hz / 300))
    for k, t in enumerate(np.arange(0, END_S, 1 / hz)):
        order = b"\x25\x03\x01\x0b" + bytes((k % 5,))
        kind, body = (air.ACTION, b"\x00\x04" + order) if k % 2 else (
            air.BEACON, air.beacon_body(tsf=k, name=b"site-1", extra=order)
        )  # fmt: skip
        head = air.management(kind, air.NETWORK, air.NETWORK, body)
        air.put(site, t * air.US, air.CAMERA_MHZ, head, dbm=-42, number=k)


def replayed_stream(site: Site, loops: float) -> None:
    """Play a camera's stream of another site, recorded once, over and over, as it was."""
    other = Site(rng=site.rng, camera=True)
    owner, length = air.address(site.rng), END_S / loops
    air.beacons(other, owner, air.CAMERA_MHZ, name=b"elsewhere")
    air.stream(other, air.address(site.rng), owner, air.CAMERA_MHZ, dbm=-50)
    once = [f for f in air.numbered(other.frames, site.rng) if f.t_us < length * air.US]
    for k in range(int(loops)):
        site.frames += [replace(f, t_us=f.t_us + k * length * air.US) for f in once]


def forged_beacons(site: Site, hz: float) -> None:
    """Send beacons in the network's name that bear any time at all."""
    for k, t in enumerate(np.arange(0, END_S, 1 / hz)):
        body = air.beacon_body(tsf=int(site.rng.integers(0, 2**50)), name=b"site-1")
        head = air.management(air.BEACON, air.NETWORK, air.NETWORK, body)
        air.put(site, t * air.US, air.CAMERA_MHZ, head, dbm=-48, number=k)


def forged_adapter_clock(site: Site, how: float) -> None:
    """Let the capture headers bear times that are not: nobody may go by them."""
    site.frames[:] = air.restamped(site.frames, site.rng, ("zero", "backwards", "random")[int(how)])


def nothing(_site: Site, _share: float) -> None:
    """Leave the site as it is: then no disturbance may be named."""


ATTACKS: Mapping[str, tuple[Attack, tuple[float, float, float]]] = {
    CALM: (nothing, (0, 0, 0)),
    "bluetooth-flood": (bluetooth_flood, (20, 100, 500)),
    "bluetooth-names": (bluetooth_names, (10, 100, 1000)),
    "invented-devices": (invented_devices, (20, 100, 500)),
    "invented-networks": (invented_networks, (20, 100, 500)),
    "camera-names": (camera_names, (10, 100, 1000)),
    "cloned-cameras": (cloned_cameras, (10, 30, 5000)),
    "forged-uplink": (forged_uplink, (20, 100, 400)),
    "forged-downlink": (forged_downlink, (30, 100, 400)),
    "deauthentication": (deauthentication, (3, 20, 200)),
    "channel-switch": (channel_switch, (2, 20, 200)),
    "replayed-stream": (replayed_stream, (2, 4, 9)),
    "forged-beacons": (forged_beacons, (2, 10, 100)),
    "forged-adapter-clock": (forged_adapter_clock, (0, 1, 2)),
}
UNNAMED = frozenset({"forged-adapter-clock"})  # the adapter's own claim: nobody on the air made it


# ---------------------------------------------------------------------- listening


class HoppingRadio:
    """Hears the frames of the channel that it is tuned to."""

    def __init__(self, sent: Air, until_s: float) -> None:
        self._frames = {mhz: [f for f in sent.frames if f.mhz == mhz] for mhz in air.CHANNELS_MHZ}
        self._times = {mhz: [f.t_us for f in frames] for mhz, frames in self._frames.items()}
        self._mhz, self._now_us, self._until_us = air.CHANNELS_MHZ[0], 0.0, until_s * air.US

    def channels_hz(self) -> tuple[float, ...]:
        """Return what it can be tuned to."""
        return tuple(mhz * 1e6 for mhz in air.CHANNELS_MHZ)

    def set_channel(self, *, center_hz: float) -> None:
        """Tune."""
        self._mhz = round(center_hz / 1e6)

    def read(self, *, duration_s: float) -> Dot11Batch:
        """Listen for a while."""
        if self._now_us >= self._until_us:
            raise EndOfRecording("over")
        begin, end = self._now_us, self._now_us + duration_s * air.US
        times = self._times[self._mhz]
        low, high = bisect_left(times, begin), bisect_left(times, end)
        self._now_us = end
        return air.batch(self._frames[self._mhz][low:high], self._mhz, begin, end)

    def health(self) -> DeviceHealth:
        """Return that all is well."""
        return DeviceHealth(ok=True)


class AdvertRadio:
    """Hears all adverts."""

    def __init__(self, sent: Air, until_s: float) -> None:
        self._adverts, self._now_ns, self._until_ns = sent.adverts, 0, until_s * air.SECOND_NS
        self._times = [a.t_ns for a in sent.adverts]

    def read(self, *, duration_s: float) -> BleBatch:
        """Listen for a while."""
        if self._now_ns >= self._until_ns:
            raise EndOfRecording("over")
        begin, end = self._now_ns, self._now_ns + round(duration_s * air.SECOND_NS)
        low, high = bisect_left(self._times, begin), bisect_left(self._times, end)
        self._now_ns = end
        return BleBatch(t_ns=begin, until_ns=end, adverts=self._adverts[low:high])

    def health(self) -> DeviceHealth:
        """Return that all is well."""
        return DeviceHealth(ok=True)


def hear_all(scanner: WifiScanner | BleScanner) -> None:
    """Let a sensor listen to the end."""
    try:
        while True:
            scanner.step()
    except EndOfRecording:
        return


def listened(sent: Air, *, until_s: float = END_S) -> tuple[WifiScanner, BleScanner]:
    """Let both sensors hear what is sent."""
    clock = ManualClock()
    wifi = WifiScanner(radio=HoppingRadio(sent, until_s), clock=clock, config=WifiConfig())  # type: ignore[arg-type]
    ble = BleScanner(radio=AdvertRadio(sent, until_s), clock=clock, config=BleScanConfig())  # type: ignore[arg-type]
    hear_all(wifi)
    hear_all(ble)
    return wifi, ble


def judged(wifi: WifiScanner, ble: BleScanner) -> Verdict:
    """Judge what both sensors found."""
    judge, reports = Judge(prior=PRIOR), []
    now_ns = max((o.last_ns for scanner in (wifi, ble) for o in scanner.observations()), default=0)
    for scanner in (wifi, ble):
        evidence = tuple(e for e in (weigh(o, judge.table) for o in scanner.observations()) if e is not None)
        reports.append(
            SensorReport(
                sensor=scanner.name,
                coverage=scanner.coverage(),
                evidence=evidence,
                candidates=len(evidence),
                now_ns=now_ns,
                heard=scanner.counts().read > 0,
            )
        )
    return judge.judge(reports, t_ns=now_ns)


def outcome(attack: str, strength: float, *, camera: bool, seed: int) -> Outcome:
    """Draw a site, attack it, listen and judge."""
    site = air.site(seed, camera=camera)
    ATTACKS[attack][0](site, strength)
    sent = site.air()
    before = resource.getrusage(resource.RUSAGE_SELF)
    wifi, ble = listened(sent)
    verdict = judged(wifi, ble)
    seen = [o for scanner in (wifi, ble) for o in scanner.observations()]
    after = resource.getrusage(resource.RUSAGE_SELF)
    streaming = [o.mac for o in seen if isinstance(o, Station) and o.activity == "camera-stream"]
    return Outcome(
        attack=attack,
        strength=strength,
        camera=camera,
        level=verdict.level,
        found=air.CAMERA.hex(":") in streaming if camera else bool(streaming),
        named=tuple(sorted(o.kind for o in seen if isinstance(o, Disturbance))),
        share_caught=verdict.share_caught,
        cpu_s=after.ru_utime - before.ru_utime,
        frames=wifi.counts().read + ble.counts().read,
    )


def right(result: Outcome) -> bool:
    """Return whether the unit says what it should."""
    if result.attack == CALM:
        return not result.named and (result.level in ALARMS) == result.camera
    if result.camera:
        return result.level in ALARMS
    named = bool(result.named) or result.attack in UNNAMED
    return named and result.level is not Level.LIKELY_CAMERA


def outcomes(seeds: int, only: str = "") -> Iterator[Outcome]:
    """Give every attack at every strength, with a camera and without."""
    for attack, (_, strengths) in ATTACKS.items():
        for strength in strengths if not only or attack == only else ():
            for camera in (True, False):
                for seed in range(seeds):
                    yield outcome(attack, strength, camera=camera, seed=seed)


def keep(results: list[Outcome], seeds: int) -> None:
    """Write the figures into RESULTS.md, if asked."""
    command = f"python -m tests.benchmarks.wifi_attacks --seeds {seeds}"
    for attack in dict.fromkeys(r.attack for r in results):
        mine = [r for r in results if r.attack == attack]
        cameras, clean = [r for r in mine if r.camera], [r for r in mine if not r.camera]
        found, named = sum(r.found for r in cameras), sum(bool(r.named) for r in clean)
        levels = ", ".join(sorted({r.level.value for r in clean}))
        note = f"of {len(cameras)} with a camera CHECK or above, its address named in {found}; "
        note += f"without one {levels}, disturbance named in {named} of {len(clean)}"
        name = f"wifi_attacks.{attack.replace('-', '_')}"
        record(name, f"{sum(right(r) for r in cameras)} of {len(cameras)}", "", command, note=note)
    if {r.attack for r in results} != set(ATTACKS):
        return
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    record("wifi_attacks.memory", f"{peak:.0f}", "MB", command, note="peak, with the drawn air itself")
    slowest = max(results, key=lambda r: r.cpu_s)
    note = f"processor time of both sensors and the verdict for {END_S:.0f} s of air; {slowest.attack}, "
    note += f"{slowest.frames} frames"
    record("wifi_attacks.slowest", f"{slowest.cpu_s:.1f}", "s", command, note=note)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="", choices=["", *ATTACKS])
    options = parser.parse_args()
    print("| attack | strength | camera | says | right | camera's address | named | s | frames |")
    print("|---|---|---|---|---|---|---|---|---|")
    results = []
    for r in outcomes(options.seeds, options.only):
        results.append(r)
        told = f"{r.level.value} | {right(r)} | {r.found} | {', '.join(r.named)} | {r.cpu_s:.1f} | {r.frames}"
        print(f"| {r.attack} | {r.strength:g} | {r.camera} | {told} |", flush=True)
    print(f"right: {sum(map(right, results))} of {len(results)}")
    keep(results, options.seeds)


if __name__ == "__main__":
    main()
