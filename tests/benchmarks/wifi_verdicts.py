"""What the verdict says of busy devices that are no hidden camera: one row a kind of traffic.

    python -m tests.benchmarks.wifi_verdicts [--each 100] [--only KIND]

Method: a protected network with one client, heard for 20 s on its channel. The client sends what
`wifi_confounders` or the simulated behaviours draw; a third of the devices are seen from the other side. A
relay passes on what another sent. A baby monitor is a camera that streams, and honest: nothing on the air
tells it from a hidden one. A passing dash camera is its own network, heard for 3 to 8 s of the 20, under a
name of its maker or of its owner. The model has learned from some of the kinds: which, stands in
``wifiscan/data/model.toml``. Everything is SIMULATED.
"""

from __future__ import annotations

import argparse
import struct
from collections.abc import Iterator

import numpy as np

from hw.sim.wifi_traffic import US, Packets, make_packets
from tests.benchmarks.own_network.__main__ import ALARMS, scanned
from tests.benchmarks.own_network.recording import CHANNEL_MHZ, HEARD_S, Frame, Recording, batches_of
from tests.benchmarks.results import record
from tests.benchmarks.wifi_captures import verdict_of
from tests.benchmarks.wifi_confounders import KINDS, confounding_packets
from tests.benchmarks.wifi_links import CAMERA, CONFOUNDERS, draw_spec

SEED = 990_000_029  # training draws from other numbers
Rng = np.random.Generator
BABY, NAMED_DASHCAM, DASHCAM = "baby-monitor", "dashcam-passing-named", "dashcam-passing"
CAMERAS = (BABY, NAMED_DASHCAM)  # that say so, or that nothing tells from a hidden one
EVERY = (*KINDS, *CONFOUNDERS, BABY, NAMED_DASHCAM, DASHCAM)
RADIOTAP = struct.pack("<BBHIBBHHb", 0, 0, 15, 0x2E, 0, 24, CHANNEL_MHZ, 0x80, -52)
OVERHEAD_BYTES = len(RADIOTAP) + 26 + 8 + 16
TO_NETWORK, FROM_NETWORK = 1, 2
PASSING_S = (3.0, 8.0)
SECURED = bytes.fromhex("30140100000fac040100000fac040100000fac020000")
RICH = b"\x07\x06KR \x01\x0d\x14\x7f\x08" + b"\x04" * 8 + b"\x2d\x1a" + bytes(26) + b"\xbf\x0c" + bytes(12)


def recording(kind: str, seed: int) -> Recording:
    """Draw one network of a kind."""
    rng = np.random.default_rng([seed, EVERY.index(kind)])
    network, client, far = (bytes((k,)) + rng.bytes(5) for k in (0x34, 0x3C, 0x58))
    passing = kind in {NAMED_DASHCAM, DASHCAM}
    name = b"70mai_%06d" % seed if kind == NAMED_DASHCAM else b"net-%d" % rng.integers(10**6)
    if passing:
        flow = make_packets("quiet", rng=rng, duration_s=HEARD_S, spec=draw_spec(rng))
    else:
        flow = _packets(kind, rng)
    mirrored = kind in KINDS and seed % 3 == 2
    frames = list(_beacons(network, name, rich=not passing))
    frames += _sent(flow, rng, network, client, far if kind == "relay" else None, mirrored=mirrored)
    lost = rng.uniform(0, 0.4)
    heard = [f for f in frames if rng.random() >= lost]
    if passing:
        begin, span = rng.uniform(0, 10), rng.uniform(*PASSING_S)
        heard = [f for f in heard if begin <= f.t_us / US < begin + span]
    return Recording(kind=kind, source="verdicts", bssid=network.hex(":"), batches=batches_of(heard))


def _packets(kind: str, rng: Rng) -> Packets:
    if kind in KINDS:
        return confounding_packets(kind, rng, HEARD_S)
    behaviour = CAMERA if kind == BABY else kind
    return make_packets(behaviour, rng=rng, duration_s=HEARD_S, spec=draw_spec(rng))


def _sent(
    flow: Packets, rng: Rng, network: bytes, client: bytes, far: bytes | None, *, mirrored: bool
) -> Iterator[Frame]:
    """Give the data frames; a relay is the network itself, and what it passes on names ``far`` as source."""
    if far is not None:  # what comes back to it is some other device's behaviour
        flow = Packets(t_us=flow.t_us[flow.up], size_bytes=flow.size_bytes[flow.up], up=flow.up[flow.up])
    numbers = rng.integers(0, 4096, 2).tolist()
    packets = rng.integers(1, 2**32, 2).tolist()
    for t, size, up in zip(flow.t_us.tolist(), flow.size_bytes.tolist(), flow.up.tolist(), strict=True):
        ahead = int(bool(up) != mirrored) if far is None else int(not up)
        numbers[ahead], packets[ahead] = (numbers[ahead] + 1) % 4096, packets[ahead] + 1
        way = TO_NETWORK if ahead else FROM_NETWORK
        ra, ta, other = (network, client, far or network) if ahead else (client, network, far or network)
        ccmp = struct.pack("<HBBI", packets[ahead] & 0xFFFF, 0, 0x20, packets[ahead] >> 16 & 0xFFFFFFFF)
        mac = bytes((0x88, 0x40 | way, 0, 0)) + ra + ta + other
        mac += struct.pack("<H", numbers[ahead] << 4) + b"\0\0" + ccmp
        yield Frame(float(t), RADIOTAP + mac, OVERHEAD_BYTES + int(size))


def _beacons(network: bytes, name: bytes, *, rich: bool) -> Iterator[Frame]:
    body = b"\x64\0\x11\x04" + bytes((0, len(name))) + name + b"\x01\x04\x82\x84\x8b\x96" + SECURED
    body += RICH if rich else b""
    for k in range(int(HEARD_S / 0.1024)):
        mac = b"\x80\0\0\0" + b"\xff" * 6 + network * 2 + struct.pack("<H", k % 4096 << 4)
        frame = mac + struct.pack("<Q", k * 102_400) + body
        yield Frame(k * 102_400.0, RADIOTAP + frame, len(RADIOTAP) + len(frame))


def alarms(kind: str, count: int) -> int:
    """Return how many of so many networks of a kind come to CHECK or above."""
    return sum(verdict_of(scanned(recording(kind, SEED + k)), kind).level in ALARMS for k in range(count))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--each", type=int, default=100)
    parser.add_argument("--only", default="", choices=["", *EVERY])
    options = parser.parse_args()
    command = f"python -m tests.benchmarks.wifi_verdicts --each {options.each}"
    for kind in [options.only] if options.only else EVERY:
        found = alarms(kind, options.each)
        print(f"{kind:24s} CHECK {found} of {options.each}", flush=True)
        if not options.only:
            note = "a camera that may be looked for" if kind in CAMERAS else "no camera"
            told = f"{found} of {options.each}"
            record(f"wifi_verdicts.{kind.replace('-', '_')}", told, "networks", command, note=note)


if __name__ == "__main__":
    main()
