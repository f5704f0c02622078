"""How well the streaming score tells cameras from the rest, on simulated links that training never saw.

    python -m tests.benchmarks.wifi_quality [--links 3000] [--leave-out]

Method: 30 s heard from the start, cameras over codecs, bit rates (0.2 to 6 Mbit/s), frame rates (4 to
30), key-frame periods, transports, pacing, loss 0 to 60 % and rate adaptation; confounders weigh as much
as cameras, each kind as much as any other, seen from the device and from its access point. A device that
is never judged never alarms. Everything is SIMULATED: the figures are no promise about hardware.
"""

from __future__ import annotations

import argparse

import numpy as np

from tests.benchmarks.results import record
from tests.benchmarks.wifi_links import CAMERA, CONFOUNDERS, REVERSIBLE, UNSEEN, WILD, Link, draw_link
from tests.benchmarks.wifi_train import draw_links, fit, judged, scores
from wifiscan.classify import load_model, sigmoid, streaming_logit

SEED = 880_000_017  # training draws from other numbers
HEARD_S = (8.0, 15.0, 30.0, 60.0)
LOSSES = (0.0, 0.2, 0.4, 0.6)
CEILING = 0.003  # false alarms a device
FEW_LINKS = 4000  # for leaving one generator out


def alarm(link: Link) -> bool:
    """Return whether the product would call this link a camera stream."""
    logit = streaming_logit(link.features, load_model())
    return logit is not None and logit > 0


def share(links: list[Link]) -> float:
    """Return the share of links with an alarm."""
    return float(np.mean([alarm(k) for k in links]))


def cameras(count: int, *, heard_s: float = 30.0, loss: float | None = None) -> list[Link]:
    """Draw cameras."""
    return [draw_link(CAMERA, seed=SEED + k, heard_s=heard_s, loss=loss, onset=False) for k in range(count)]


def confounders(count: int, *, heard_s: float = 30.0) -> dict[str, list[Link]]:
    """Draw the same number of each confounder, by name."""
    kinds = [(b, False) for b in (*CONFOUNDERS, *WILD)] + [(b, True) for b in REVERSIBLE]
    each = max(1, count // len(kinds))
    return {
        behaviour + (" (received)" if reverse else ""): [
            draw_link(behaviour, seed=SEED + k, heard_s=heard_s, reverse=reverse, onset=False)
            for k in range(each)
        ]
        for behaviour, reverse in kinds
    }


def calibration(links: list[Link]) -> tuple[float, float]:
    """Return Brier score and expected calibration error (10 bins) of judged links, cameras weighing half."""
    scored = [
        (sigmoid(v), k.camera) for k in links if (v := streaming_logit(k.features, load_model())) is not None
    ]
    p, y = np.array([s for s, _ in scored]), np.array([c for _, c in scored], float)
    w = np.where(y > 0, 0.5 / max(y.sum(), 1), 0.5 / max((1 - y).sum(), 1))
    bins = np.minimum((p * 10).astype(int), 9)
    error = sum(abs((w * (p - y))[bins == b].sum()) for b in range(10))
    return float((w * (p - y) ** 2).sum()), float(error)


def leave_one_out() -> None:
    """Train without one generator and show how often that one then alarms."""
    train = judged(draw_links(FEW_LINKS, 5))
    print("\ntrained without it: false alarms of a device of that kind (with it)")
    for behaviour in (*CONFOUNDERS, *WILD):
        model = fit([k for k in train if k.behaviour != behaviour])
        mine = [draw_link(behaviour, seed=SEED + k, heard_s=30.0, onset=False) for k in range(200)]
        logits = scores(model, judged(mine))
        print(f"  {behaviour:14s} {np.count_nonzero(logits > 0) / len(mine):7.4f}  ({share(mine):.4f})")


def unseen(count: int) -> dict[str, float]:
    """Return the share of false alarms of every kind that only the second opinion was shown, both ways."""
    links = {
        kind: [
            draw_link(kind, seed=SEED + k, heard_s=30.0, reverse=k % 3 == 2, onset=False)
            for k in range(count)
        ]
        for kind in UNSEEN
    }
    return {kind: share(drawn) for kind, drawn in links.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--links", type=int, default=3000)
    parser.add_argument("--leave-out", action="store_true")
    options = parser.parse_args()
    found, others = cameras(options.links), confounders(options.links)
    every = [k for links in others.values() for k in links]
    print(f"30 s: TPR {share(found):.4f} of {len(found)}, false alarms {share(every):.4f} of {len(every)}")
    print(f"      target: TPR >= 0.97 at <= {CEILING}")
    command = f"python -m tests.benchmarks.wifi_quality --links {options.links}"
    record("wifi.streams_found", f"{share(found):.3f}", "", command, note=f"of {len(found)}, heard for 30 s")
    record("wifi.false_streams", f"{share(every):.4f}", "", command, note=f"of {len(every)} other devices")
    brier, error = calibration(found + every)
    print(f"      Brier {brier:.4f}, expected calibration error {error:.4f}")
    for name, links in others.items():
        print(f"  {name:24s} false alarms {share(links):.4f}")
    for loss in LOSSES:
        print(f"  loss {loss:.0%}: TPR {share(cameras(options.links // 6, loss=loss)):.4f}")
    for heard_s in HEARD_S:
        few = [k for links in confounders(options.links // 3, heard_s=heard_s).values() for k in links]
        seen = share(cameras(options.links // 6, heard_s=heard_s))
        print(f"  heard {heard_s:4.0f} s: TPR {seen:.4f}, false alarms {share(few):.4f}")
    strange = unseen(max(options.links // 15, 20))
    worst = max(strange, key=lambda kind: strange[kind])
    note = f"mean of {len(strange)} kinds that only the second opinion was shown; "
    note += f"worst {worst} {strange[worst]:.3f}"
    record("wifi.false_streams_unseen", f"{np.mean(list(strange.values())):.4f}", "", command, note=note)
    print(
        "shown to the second opinion alone: "
        + ", ".join(f"{kind} {value:.3f}" for kind, value in strange.items())
    )
    if options.leave_out:
        leave_one_out()


if __name__ == "__main__":
    main()
