"""Train the weights of the optical sensor on crowded simulated walls; write ``lensdetect/data/score.toml``.

    python -m tests.benchmarks.lens_train [--rooms 30] [--held 5] [--write]

Method: L2 logistic regression (damped Newton) over the standardised numbers of every track of 5 poses and
more, in `lens_rooms.crowded` and under a hand held before one lens; lenses weigh as much as everything else,
glass beads and screws most of that. Rooms of every sixth seed are held out in turn. What no room here has
taught is told by `lens_quality`, on rooms of other seeds, and by `lens_second_rooms`.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hw.sim.scene import Scene
from lensdetect.lens_model import NAMES, LensModel, vector_of
from lensdetect.model import Glint
from lensdetect.score import AREA_TOO_LARGE_PX, LAMP_OFF_RATIO
from tests.benchmarks.lens_quality import DISTANCES_M, IR_CUTS, NEAR_PX, Run, scan
from tests.benchmarks.lens_rooms import TRAIN_SEEDS, crowded, lens_room

RIDGE = 1.0
NEWTON_STEPS = 60
FOLDS = 6
HELD_FROM = 5000  # of `TRAIN_SEEDS`: lenses under a held hand
FEWEST_POSES = 5
SHARE = {"bead": 0.5, "screw": 0.25}  # of what is no lens, the rest together the rest,
MOST_EACH = 2.0  # but no track weighs more than so many beads
TARGET = Path(__file__).parents[2] / "lensdetect" / "data" / "score.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One track of which the truth is known."""

    room: int
    kind: str
    lens: bool
    vector: NDArray[np.float64]


def held_lenses(seed: int) -> list[Scene]:
    """Return one lens at every distance and with every filter, the hand held over it."""
    rng = np.random.default_rng([seed, 9])
    aperture, off_axis = float(rng.uniform(1, 2)), float(rng.uniform(0, 15))
    cone = float(np.exp(rng.uniform(np.log(8), np.log(45))))
    return [
        lens_room(
            seed, distance_m=far, aperture_mm=aperture, off_axis_deg=off_axis, cone_mrad=cone, ir_cut=cut
        )
        for far in DISTANCES_M
        for cut in IR_CUTS
    ]


def examples_of(room: int, run: Run) -> list[Example]:
    """Return the tracks of one wall."""
    found = []
    for glint in run.finder.observations():
        distance, thing = run.nearest(glint.sightings[-1])
        if distance > NEAR_PX or glint.poses < FEWEST_POSES or thing.optic is None:
            continue
        if glint.features.get("off_ratio", 0.0) >= LAMP_OFF_RATIO or not is_small(glint):
            continue
        lens = thing.optic.kind == "lens"
        kind = f"lens {thing.optic.ir_cut}" if lens else thing.optic.kind
        found.append(Example(room=room, kind=kind, lens=lens, vector=vector_of(glint.features)))
    return found


def crowd_examples(room: int) -> list[Example]:
    """Return the tracks of one crowded wall."""
    cv2.setNumThreads(1)
    return examples_of(room, scan(crowded(room), width_px=640, height_px=480, rate_hz=30.0))


def held_examples(room: int) -> list[Example]:
    """Return the tracks of walls with a lens before which a hand is held."""
    cv2.setNumThreads(1)
    scans = [scan(scene, width_px=1280, height_px=720, rate_hz=60.0) for scene in held_lenses(room)]
    return [example for run in scans for example in examples_of(room, run)]


def is_small(glint: Glint) -> bool:
    """Say whether its size leaves it open what it is; large things are named by rule."""
    return glint.features.get("area_px", math.inf) <= AREA_TOO_LARGE_PX


def weights_of(examples: list[Example]) -> NDArray[np.float64]:
    """Return how much each example weighs: half for lenses, half for what is none."""
    families = [("lens" if e.lens else e.kind if e.kind in SHARE else "rest") for e in examples]
    count = Counter(families)
    share = {"lens": 1.0, "rest": 1 - sum(SHARE.values()), **SHARE}
    each = {family: share[family] / count[family] for family in count}
    most = MOST_EACH * each.get("bead", 1.0)
    return np.array([0.5 * len(examples) * min(each[f], most if f == "rest" else 1.0) for f in families])


def fit(examples: list[Example]) -> LensModel:
    """Fit by Newton's method with a ridge on everything but the intercept."""
    base, weight = np.array([e.vector for e in examples]), weights_of(examples)
    truth = np.array([e.lens for e in examples], float)
    mean, scale = np.average(base, axis=0, weights=weight), base.std(0) + 1e-6
    x = np.column_stack(((base - mean) / scale, np.ones(len(base))))
    penalty = np.full(x.shape[1], RIDGE)
    penalty[-1] = 1e-6
    w = np.zeros(x.shape[1])
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        gradient = x.T @ (weight * (p - truth)) + penalty * w
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        w -= step
        if np.abs(step).max() < 1e-7:
            break
    return LensModel(mean=mean, scale=scale, weights=w[:-1], intercept=float(w[-1]))


def held_out(examples: list[Example]) -> NDArray[np.float64]:
    """Return the nats of every example by a model that never saw its room."""
    nats = np.zeros(len(examples))
    for fold in range(FOLDS):
        model = fit([e for e in examples if e.room % FOLDS != fold])
        for i, e in enumerate(examples):
            if e.room % FOLDS == fold:
                nats[i] = float(model.nats(e.vector))
    return nats


def report(examples: list[Example]) -> str:
    """Print what is reached on rooms held out; return it in one line."""
    nats, weight = held_out(examples), weights_of(examples)
    truth = np.array([e.lens for e in examples])
    p = np.clip(1 / (1 + np.exp(-nats)), 1e-6, 1 - 1e-6)
    loss = float(-np.average(np.where(truth, np.log(p), np.log(1 - p)), weights=weight))
    print(f"held-out log-loss {loss:.3f} over {len(examples)} tracks (0.693 knows nothing)")
    for low, high in ((0.0, 0.1), (0.1, 0.5), (0.5, 0.85), (0.85, 0.95), (0.95, 1.0)):
        inside = (p >= low) & (p < high)
        if inside.any():
            real = float(np.average(truth[inside], weights=weight[inside]))
            print(
                f"score {low:.2f}-{high:.2f}: {inside.sum():4d} tracks, {real:.2f} of even weight are lenses"
            )
    for kind in sorted({e.kind for e in examples}):
        mine = np.array([e.kind == kind for e in examples])
        shares = [float((p[mine] > score).mean()) for score in (0.5, 0.85, 0.9, 0.95)]
        print(
            f"{kind:16s} {mine.sum():4d} tracks; over 0.5 0.85 0.9 0.95: "
            + " ".join(f"{s:.2f}" for s in shares)
        )
    return f"held-out log-loss {loss:.3f}"


def write(model: LensModel, note: str) -> None:
    """Write the model with its provenance."""
    rows = [
        "# Weights of the optical score: simulated training data, see tests/benchmarks/lens_train.py.",
        f'trained = "{datetime.now(UTC):%Y-%m-%d}"',
        f'source = "{note}"',
        f"features = {list(NAMES)}".replace("'", '"'),
        f"intercept = {model.intercept:.6f}",
    ]
    rows += [
        f"{name} = [{', '.join(f'{v:.6f}' for v in getattr(model, name))}]"
        for name in ("mean", "scale", "weights")
    ]
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text("\n".join(rows) + "\n", encoding="utf-8")


def main() -> None:
    """Train, report, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=30)
    parser.add_argument(
        "--held", type=int, default=5, help="lenses under a held hand, by distance and filter"
    )
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rooms = list(TRAIN_SEEDS[: options.rooms])
    held = list(TRAIN_SEEDS[HELD_FROM : HELD_FROM + options.held])
    with ProcessPoolExecutor() as pool:
        walls = list(pool.map(crowd_examples, rooms)) + list(pool.map(held_examples, held))
    examples = [example for wall in walls for example in wall]
    reached = report(examples)
    model = fit(examples)
    print("weights", dict(zip(NAMES, np.round(model.weights, 2).tolist(), strict=True)))
    if options.write:
        source = f"{options.rooms} crowded rooms and {12 * options.held} lenses under a held hand"
        write(model, f"simulated, {len(examples)} tracks of {source}; {reached}")


if __name__ == "__main__":
    main()
