"""Learn the second opinion on streams; count false alarms of traffic that neither judge was shown.

    python -m tests.benchmarks.wifi_second [--cameras 1000] [--each 80] [--seed 5] [--write]

Method: a linear logistic regression over the features of `wifi_train`, cameras and others weighing the same,
each kind as much as any other; its floor lies `MARGIN_NATS` below every camera that it learned from. For
each kind of `wifi_confounders` it is learned without that kind, which the classifier that comes with ansim
was never shown either, and the share of its devices that comes to CHECK by both is counted. Everything is
SIMULATED.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmware.verdict.evidence.score_calibration import make_evidence
from firmware.verdict.judge import Judge
from tests.benchmarks.results import record
from tests.benchmarks.wifi_links import CAMERA, CONFOUNDERS, REVERSIBLE, UNSEEN, WILD, Link, draw_link
from tests.benchmarks.wifi_train import judged, scores
from wifiscan.classify import BASE_NAMES, base_vector, load_model, sigmoid
from wifiscan.second_opinion import CLIP, SecondOpinion

TARGET = Path(__file__).parents[2] / "wifiscan" / "data" / "second_opinion.toml"
SEED = 880_000_017  # training draws from other numbers
MARGIN_NATS = 0.5  # below the least camera-like of the cameras that it learned from
RIDGE, NEWTON_STEPS = 1.0, 40
MEASURED = 200  # of each kind
SIGN = "streaming"
Vectors = Mapping[str, NDArray[np.float64]]


def draw(cameras: int, each: int, seed: int) -> Vectors:
    """Return the base vectors of links that can be judged, by kind."""
    first = seed * 10_000_019
    links: dict[str, list[Link]] = {CAMERA: [draw_link(CAMERA, seed=first + k) for k in range(cameras)]}
    for kind in (*CONFOUNDERS, *WILD, *UNSEEN):
        links[kind] = [
            draw_link(kind, seed=first + k, reverse=k % 3 == 2 and kind in (*REVERSIBLE, *UNSEEN))
            for k in range(each)
        ]
    return {
        kind: np.array([base_vector(k.features) for k in kept])
        for kind, drawn in links.items()
        if (kept := judged(drawn))
    }


def fit(vectors: Vectors, *, without: str = "") -> SecondOpinion:
    """Fit by Newton's method with a ridge on everything but the intercept."""
    kinds = [kind for kind in vectors if kind != without]
    x = np.concatenate([vectors[kind] for kind in kinds])
    truth = np.concatenate([np.full(len(vectors[kind]), kind == CAMERA, float) for kind in kinds])
    share = {kind: 0.5 if kind == CAMERA else 0.5 / (len(kinds) - 1) for kind in kinds}
    weight = np.concatenate([np.full(len(vectors[k]), share[k] / len(vectors[k])) for k in kinds]) * len(x)
    mean, scale = x.mean(0), x.std(0) + 1e-6
    z = np.column_stack((np.clip((x - mean) / scale, -CLIP, CLIP), np.ones(len(x))))
    penalty = np.full(z.shape[1], RIDGE)
    penalty[-1] = 1e-6
    w = np.zeros(z.shape[1])
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-np.clip(z @ w, -30, 30)))
        hessian = (z * (weight * p * (1 - p))[:, None]).T @ z + np.diag(penalty)
        step = np.linalg.solve(hessian, z.T @ (weight * (p - truth)) + penalty * w)
        w -= step
        if np.abs(step).max() < 1e-6:
            break
    floor = float((z[truth > 0] @ w).min()) - MARGIN_NATS
    return SecondOpinion(mean=mean, scale=scale, weights=w[:-1], intercept=float(w[-1]), floor=floor)


def check_nats() -> float:
    """Return the nats of a stream from which on the verdict says CHECK by it alone."""
    table = Judge(prior=0.005).table
    needed = table.by_sign[SIGN].check_nats
    for nats in np.arange(0.0, 6.0, 0.01).tolist():
        told = make_evidence(
            SIGN, sensor="wifi", subject="", score=sigmoid(nats), reason="", params={}, last_ns=0, table=table
        )
        if told.log_lr >= needed:
            return float(nats)
    raise RuntimeError("no stream makes a CHECK by itself")


def share(links: list[Link], second: SecondOpinion | None, nats: float) -> float:
    """Return the share of drawn devices that reach so many nats, and are like cameras to a second opinion."""
    kept = judged(links)
    over = scores(load_model(), kept) >= nats
    if second is not None and kept:
        over &= second.logit(np.array([base_vector(k.features) for k in kept])) >= second.floor
    return float(np.count_nonzero(over)) / len(links)


def write(model: SecondOpinion, note: str) -> None:
    """Write the model with its provenance."""
    rows = [
        "# Weights of the second opinion on streams: simulated data, see tests/benchmarks/wifi_second.py.",
        f'trained = "{datetime.now(UTC):%Y-%m-%d}"',
        f'provenance = "{note}"',
        f"features = {list(BASE_NAMES)}".replace("'", '"'),
        f"intercept = {model.intercept:.6f}",
        f"floor = {model.floor:.6f}",
    ]
    rows += [
        f"{name} = [{', '.join(f'{v:.6f}' for v in getattr(model, name))}]"
        for name in ("mean", "scale", "weights")
    ]
    TARGET.write_text("\n".join(rows) + "\n", encoding="utf-8")


def main() -> None:
    """Learn, measure, and write if asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cameras", type=int, default=1000)
    parser.add_argument("--each", type=int, default=80)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    command = (
        f"python -m tests.benchmarks.wifi_second --cameras {options.cameras} --each {options.each} "
        f"--seed {options.seed}"
    )
    vectors = draw(options.cameras, options.each, options.seed)
    whole, nats = fit(vectors), check_nats()
    if options.write:
        write(whole, f"seed {options.seed}, {sum(map(len, vectors.values()))} links of {', '.join(vectors)}")
    cameras = [draw_link(CAMERA, seed=SEED + k, heard_s=30.0, onset=False) for k in range(2 * MEASURED)]
    alone, both = share(cameras, None, nats), share(cameras, whole, nats)
    print(f"CHECK from {nats:.2f} nats on; cameras {alone:.4f} alone, {both:.4f} with a second opinion")
    note = f"of {len(cameras)} cameras, heard for 30 s; {alone:.4f} without the second opinion"
    record("wifi.second_found", f"{both:.4f}", "", command, seed=options.seed, note=note)
    for kind in UNSEEN:
        mine = [
            draw_link(kind, seed=SEED + k, heard_s=30.0, reverse=k % 3 == 2, onset=False)
            for k in range(MEASURED)
        ]
        alone, both = share(mine, None, nats), share(mine, fit(vectors, without=kind), nats)
        print(f"without {kind:16s} CHECK {both:.4f} ({alone:.4f} without a second opinion)", flush=True)
        name = f"wifi.unseen_{kind.replace('-', '_')}"
        note = f"CHECK, of {MEASURED}; learned without this kind; {alone:.4f} without the second opinion"
        record(name, f"{both:.4f}", "", command, seed=options.seed, note=note)


if __name__ == "__main__":
    main()
