"""Train the streaming classifier on simulated links and write ``wifiscan/data/model.toml``.

    python -m tests.benchmarks.wifi_train [--links 1500] [--seed 1] [--leave-out] [--write]

Method: L2 logistic regression (damped Newton) over standardised features, their squares and products;
cameras and confounders weigh the same, each confounder as much as any other. Reports hold-out and leave-
one-generator-out.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.results import record
from tests.benchmarks.wifi_links import CAMERA, CONFOUNDERS, REVERSIBLE, WILD, Link, draw_link
from wifiscan.classify import (
    BASE_NAMES,
    GUARD_NATS,
    LEAST_ACTIVE_S,
    LEAST_BPS,
    StreamingModel,
    base_vector,
    expand,
)

RIDGE = 1.0
NEWTON_STEPS = 40
TARGET = Path(__file__).parents[2] / "wifiscan" / "data" / "model.toml"


def draw_links(count: int, seed: int) -> list[Link]:
    """Draw cameras and confounders, half and half."""
    kinds = [(b, False) for b in (*CONFOUNDERS, *WILD)] + [(b, True) for b in REVERSIBLE]
    each = max(1, count // len(kinds))
    links = [draw_link(CAMERA, seed=seed * 10_000_019 + k) for k in range(count)]
    for behaviour, reverse in kinds:
        links += [draw_link(behaviour, seed=seed * 10_000_019 + k, reverse=reverse) for k in range(each)]
    return links


def judged(links: list[Link]) -> list[Link]:
    """Keep the links of which the classifier says anything."""
    return [
        k for k in links if k.features["active_s"] >= LEAST_ACTIVE_S and k.features["uplink_bps"] >= LEAST_BPS
    ]


def fit(links: list[Link]) -> StreamingModel:
    """Fit by Newton's method with a ridge on everything but the intercept."""
    base = np.array([base_vector(k.features) for k in links])
    truth = np.array([k.camera for k in links], float)
    weight = np.where(truth > 0, 0.5 / truth.sum(), 0.5 / (1 - truth).sum()) * len(truth)
    mean, scale = base.mean(0), base.std(0) + 1e-6
    x = expand(np.clip((base - mean) / scale, -4, 4))
    x = np.column_stack((x, np.ones(len(x))))
    penalty = np.full(x.shape[1], RIDGE)
    penalty[-1] = 1e-6
    w = np.zeros(x.shape[1])
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (weight * (p - truth)) + penalty * w
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        w -= step
        if np.abs(step).max() < 1e-6:
            break
    return StreamingModel(mean=mean, scale=scale, weights=w[:-1], intercept=float(w[-1]))


def scores(model: StreamingModel, links: list[Link]) -> NDArray[np.float64]:
    """Return the logit of each link, as the product gives it."""
    if not links:
        return np.empty(0)
    return model.logit(np.array([base_vector(k.features) for k in links])) - GUARD_NATS


def rates(
    model: StreamingModel, links: list[Link], drawn: list[Link], threshold: float = 0.0
) -> tuple[float, float]:
    """Return detection and false-alarm share a drawn device: what is never judged never alarms."""
    logit = scores(model, links)
    hit = logit > threshold
    camera = np.array([k.camera for k in links])
    cameras = max(1, sum(k.camera for k in drawn))
    return float((hit & camera).sum() / cameras), float((hit & ~camera).sum() / max(1, len(drawn) - cameras))


def write(model: StreamingModel, note: str) -> None:
    """Write the model with its provenance."""
    rows = [
        "# Weights of the streaming classifier: simulated training data, see tests/benchmarks/wifi_train.py.",
        f'trained = "{datetime.now(UTC):%Y-%m-%d}"',
        f'provenance = "{note}"',
        f"features = {list(BASE_NAMES)}".replace("'", '"'),
        f"intercept = {model.intercept:.6f}",
    ]
    for name in ("mean", "scale", "weights"):
        values = [f"{v:.6f}" for v in getattr(model, name)]
        lines = [", ".join(values[i : i + 10]) for i in range(0, len(values), 10)]
        rows.append(f"{name} = [\n  " + ",\n  ".join(lines) + ",\n]")
    TARGET.write_text("\n".join(rows) + "\n", encoding="utf-8")


def record_rates(tpr: float, far: float, *, links: int, seed: int) -> None:
    """Write what the model reaches on links that it was not trained on into the page of figures."""
    command = f"python -m tests.benchmarks.wifi_train --links {links} --seed {seed}"
    note = f"trained with seed {seed}, held out: links of seed {seed + 1}"
    record("wifi.held_out_found", f"{tpr:.4f}", "", command, seed=seed, note=note)
    record("wifi.held_out_false", f"{far:.4f}", "", command, seed=seed, note=note)


def main() -> None:
    """Train, report, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--leave-out", action="store_true", help="leave one generator out, each in turn")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    train = judged(draw_links(options.links, options.seed))
    model = fit(train)
    drawn = draw_links(options.links, options.seed + 1)
    test = judged(drawn)
    for threshold in (-1.0, 0.0, 1.0, 2.0):
        tpr, far = rates(model, test, drawn, threshold)
        print(f"hold-out  score > {1 / (1 + np.exp(-threshold)):.2f}: TPR {tpr:.4f}  false alarms {far:.4f}")
    record_rates(*rates(model, test, drawn), links=options.links, seed=options.seed)
    for behaviour in (*CONFOUNDERS, *WILD) if options.leave_out else ():
        held = fit([k for k in train if k.behaviour != behaviour])
        mine = [k for k in drawn if k.behaviour == behaviour]
        _, far = rates(held, judged(mine), mine)
        _, seen = rates(model, judged(mine), mine)
        print(f"without {behaviour:12s}: false alarms {far:.4f} (trained with it {seen:.4f})")
    if options.write:
        tpr, far = rates(model, test, drawn)
        kinds = ", ".join((CAMERA, *CONFOUNDERS, *WILD))
        reached = f"hold-out TPR {tpr:.4f}, false alarms {far:.4f}"
        write(model, f"seed {options.seed}, {len(train)} links of {kinds}; {reached}")


if __name__ == "__main__":
    main()
