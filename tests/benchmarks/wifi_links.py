"""Simulated links for training and measuring: one seeded draw a row, over behaviours and conditions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hw.sim.wifi_traffic import BEHAVIOURS, US, Packets, TrafficSpec, make_packets, packetise
from tests.benchmarks.wifi_confounders import KINDS, confounding_packets
from wifiscan.traffic import Traffic, measure

MAC_BYTES = 24  # LLC and CCMP around every packet
CAMERA = "camera-stream"
CONFOUNDERS = tuple(b for b in BEHAVIOURS if b not in {CAMERA, "camera-idle", "quiet", "iot-heartbeat"})
WILD = (
    "wild-constant",
    "wild-blobs",
    "wild-small",
    "wild-bursts",
)  # no product in mind: they fill the space between
UNSEEN = tuple(KINDS)  # never trained on
REVERSIBLE = ("download", "browse", "upload", "video-call", "game", "backup", "screen-cast")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One drawn link and its truth."""

    behaviour: str
    camera: bool
    reverse: bool  # seen from the access point: what the device receives
    loss: float
    heard_s: float
    features: dict[str, float]


def draw_spec(rng: np.random.Generator) -> TrafficSpec:
    """Draw an encoder."""
    return TrafficSpec(
        bitrate_bps=float(np.exp(rng.uniform(np.log(200e3), np.log(6e6)))),
        frame_rate_hz=float(rng.choice([4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0])),
        keyframe_s=float(rng.choice([0.6, 1.0, 2.0, 3.0, 4.0, 5.0])),
        codec=("h264", "h265", "mjpeg", "svc")[int(rng.choice(4, p=[0.4, 0.3, 0.2, 0.1]))],
        link_bps=float(rng.uniform(6e6, 60e6)),
    )


def wild_packets(kind: str, rng: np.random.Generator, duration_s: float) -> Packets:
    """Draw traffic that no camera makes: no pictures at a picture's rate, whatever else it is."""
    if kind == "wild-constant":  # even packets of one length: a tunnel, a paced copy
        rate_hz = float(np.exp(rng.uniform(np.log(15), np.log(400))))
        t = np.cumsum(rng.gamma(float(rng.choice([1, 4, 50])), 1, int(rate_hz * duration_s)))
        t = t / t[-1] * duration_s * US
        size = np.full(len(t), int(rng.integers(200, 1500)))
    elif kind == "wild-small":  # sound, games, telemetry
        rate_hz = float(rng.uniform(15, 120))
        t = (
            np.arange(int(rate_hz * duration_s)) / rate_hz + rng.normal(0, 0.002, int(rate_hz * duration_s))
        ) * US
        size = rng.integers(int(rng.integers(60, 300)), 480, len(t))
    else:  # blocks: sensor logs, photos, segments; at regular or random times
        period_s = float(np.exp(rng.uniform(np.log(0.6), np.log(8))))
        n = max(2, int(duration_s / period_s))
        at = np.arange(n) * period_s if kind == "wild-blobs" else np.sort(rng.uniform(0, duration_s, n))
        block = np.exp(rng.normal(rng.uniform(8.5, 13), 0.1 if kind == "wild-blobs" else 0.8, n))
        t, size = packetise(
            (at * US).astype(np.int64),
            block.astype(np.int64),
            mtu=1400,
            link_bps=float(rng.uniform(2e6, 40e6)),
        )
    t = np.sort(np.maximum(np.asarray(t, np.int64), 0))
    answered = rng.random(len(t)) < rng.uniform(0, 1.0)
    back = t[answered] + 3_000
    order = np.argsort(np.concatenate((t, back)), kind="stable")
    sizes = np.concatenate((size, rng.integers(60, int(rng.integers(100, 1400)), len(back))))
    up = np.concatenate((np.ones(len(t), bool), np.zeros(len(back), bool)))
    return Packets(
        t_us=np.concatenate((t, back))[order], size_bytes=sizes[order].astype(np.int64), up=up[order]
    )


def draw_link(
    behaviour: str,
    *,
    seed: int,
    heard_s: float | None = None,
    loss: float | None = None,
    reverse: bool = False,
    onset: bool | None = None,
) -> Link:
    """Draw one link of a behaviour; what is not given is drawn."""
    rng = np.random.default_rng([seed, (*BEHAVIOURS, *WILD, *UNSEEN).index(behaviour), int(reverse)])
    drawn_s, drawn_loss = float(rng.choice([7.5, 8.0, 10.0, 15.0, 20.0, 30.0])), float(rng.uniform(0, 0.6))
    late = bool(rng.random() < 0.35)
    begin_us = (
        int(rng.uniform(0, 0.65) * US * (heard_s or drawn_s)) if (late if onset is None else onset) else 0
    )
    spec = draw_spec(rng)
    heard_s, loss = heard_s or drawn_s, drawn_loss if loss is None else loss
    if behaviour in WILD:
        packets = wild_packets(behaviour, rng, heard_s)
    elif behaviour in UNSEEN:
        packets = confounding_packets(behaviour, rng, heard_s)
    else:
        packets = make_packets(behaviour, rng=rng, duration_s=heard_s, spec=spec)
    t = packets.t_us + begin_us
    kept = (rng.random(len(t)) >= loss) & (t < heard_s * US)
    up = packets.up != reverse
    ahead, back = kept & up, kept & ~up
    features = measure(
        Traffic(
            t_us=t[ahead],
            size_bytes=packets.size_bytes[ahead] + MAC_BYTES,
            span_us=round(heard_s * US),
            bytes_back=int((packets.size_bytes[back] + MAC_BYTES).sum()),
            own_share=1.0,
        )
    )
    return Link(
        behaviour=behaviour,
        camera=behaviour == CAMERA,
        reverse=reverse,
        loss=loss,
        heard_s=heard_s,
        features=features,
    )
