"""Simulated links for training and measuring: one seeded draw a row, over behaviours and conditions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hw.sim.wifi_traffic import BEHAVIOURS, US, TrafficSpec, make_packets
from wifiscan.traffic import Traffic, measure

MAC_BYTES = 24  # LLC and CCMP around every packet
CAMERA = "camera-stream"
CONFOUNDERS = tuple(b for b in BEHAVIOURS if b not in {CAMERA, "camera-idle", "quiet", "iot-heartbeat"})
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
    rng = np.random.default_rng([seed, list(BEHAVIOURS).index(behaviour), int(reverse)])
    drawn_s, drawn_loss = float(rng.choice([7.5, 8.0, 10.0, 15.0, 20.0, 30.0])), float(rng.uniform(0, 0.6))
    late = bool(rng.random() < 0.35)
    begin_us = (
        int(rng.uniform(0, 0.65) * US * (heard_s or drawn_s)) if (late if onset is None else onset) else 0
    )
    spec = draw_spec(rng)
    heard_s, loss = heard_s or drawn_s, drawn_loss if loss is None else loss
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
