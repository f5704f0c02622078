"""Learn and measure cameras that are their own access point, against networks of phones, routers, printers.

    python -m tests.benchmarks.own_network [--source NAME] [--each 25] [--others 170] [--seed 1] [--write]

Three sources that share no code draw the networks (`rooms`, `encoders`, `queues`). Each source is judged by
weights that were learned from the other two, through the verdict, on numbers that learning never saw; so is
a real camera's stream (times and sizes of ``../shared/data/wifi/semireal_d4…``, where it is there) turned
into one of its own network. Every figure but the last one's times is SIMULATED.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from hw.clock import ManualClock
from tests.benchmarks.own_network import encoders, queues, real_stream, rooms
from tests.benchmarks.own_network.recording import CAMERA, CARRIERS, OTHERS, Recording
from tests.benchmarks.results import record
from tests.benchmarks.wifi_captures import Row, verdict_of
from wifiscan import observations
from wifiscan.config import WifiConfig
from wifiscan.own_network import FEATURES, OwnNetworkModel, load_own_network_model, own_network_vector
from wifiscan.scanner import WifiScanner

SOURCES = {source.NAME: source for source in (rooms, encoders, queues)}
TARGET = Path(__file__).parents[3] / "wifiscan" / "data" / "own_network.toml"
RIDGE = 0.1
NEWTON_STEPS = 40
TEST_SEED = 7_000_003  # measuring draws from other numbers
ALARMS = ("check", "likely_camera")
SILENT = OwnNetworkModel(mean=np.zeros(len(FEATURES)), weights=np.zeros(len(FEATURES)), intercept=0.0)
Table = dict[tuple[str, str], list[NDArray[np.float64]]]  # features by source and kind


class NoRadio:
    """The batches are handed over."""

    def channels_hz(self) -> tuple[float, ...]:
        """Return none."""
        return ()


def scanned(recording: Recording) -> WifiScanner:
    """Return a scanner that has heard a recording."""
    scanner = WifiScanner(radio=NoRadio(), clock=ManualClock(), config=WifiConfig())  # type: ignore[arg-type]
    for batch in recording.batches:
        scanner.take(batch)
    scanner.finish()
    return scanner


def vectors(each: int, seed: int, sources: Iterable[str]) -> Table:
    """Return the features of the networks of which anything can be judged, twice as many cameras."""
    found: Table = {}
    for name in sources:
        for kind in (CAMERA, *OTHERS):
            count = 2 * each if kind == CAMERA or kind in CARRIERS else each // 2
            for k in range(count):
                made = SOURCES[name].make(kind, seed * 100_003 + k)
                with mock.patch.object(observations, "load_own_network_model", return_value=SILENT):
                    told = scanned(made).own_network(int(made.bssid.replace(":", ""), 16))
                if told is not None:
                    found.setdefault((name, kind), []).append(own_network_vector(*told))
    return found


def fit(table: Table) -> OwnNetworkModel:
    """Fit a logistic regression; cameras and others weigh the same, and every source and kind among them."""
    rows = [(key, v) for key, group in table.items() for v in group]
    keys = [key for key, _ in rows]
    raw = np.array([v for _, v in rows])
    mean = np.nanmean(raw, axis=0)
    x = np.column_stack((np.where(np.isnan(raw), mean, raw) - mean, np.ones(len(raw))))
    truth = np.array([kind == CAMERA for _, kind in keys], float)
    size = {key: keys.count(key) for key in dict.fromkeys(keys)}
    groups = {camera: sum((kind == CAMERA) == camera for _, kind in size) for camera in (True, False)}
    weight = np.array([0.5 / groups[key[1] == CAMERA] / size[key] for key in keys]) * len(keys)
    penalty = np.full(x.shape[1], RIDGE)
    penalty[-1] = 1e-6
    w = np.zeros(x.shape[1])
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        step = np.linalg.solve(
            (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(penalty),
            x.T @ (weight * (p - truth)) + penalty * w,
        )
        w -= step
        if np.abs(step).max() < 1e-6:
            break
    return OwnNetworkModel(mean=mean, weights=w[:-1], intercept=float(w[-1]))


def verdicts(source: str, kind: str, count: int, model: OwnNetworkModel) -> Iterator[Row]:
    """Give the verdict on new networks of one source and kind by a model."""
    with mock.patch.object(observations, "load_own_network_model", return_value=model):
        for k in range(count):
            made = SOURCES[source].make(kind, TEST_SEED + k)
            yield verdict_of(scanned(made), made.bssid)


def alarm_share(rows: list[Row]) -> float:
    """Return the share of rows at CHECK or above."""
    return float(np.mean([row.level in ALARMS for row in rows])) if rows else float("nan")


def write(model: OwnNetworkModel, note: str) -> None:
    """Write the model with its provenance."""
    rows = [
        "# Weights of the score of cameras that are their own access point: simulated networks of three",
        "# sources, see tests/benchmarks/own_network.",
        f'trained = "{datetime.now(UTC):%Y-%m-%d}"',
        f'provenance = "{note}"',
        f"features = {list(FEATURES)}".replace("'", '"'),
        f"intercept = {model.intercept:.6f}",
    ]
    rows += [
        f"{name} = [{', '.join(f'{v:.6f}' for v in getattr(model, name))}]" for name in ("mean", "weights")
    ]
    TARGET.write_text("\n".join(rows) + "\n", encoding="utf-8")


def measure(source: str, options: argparse.Namespace) -> None:
    """Judge new networks of one source by weights that were learned from the others."""
    model = fit(vectors(options.each, options.seed, [name for name in SOURCES if name != source]))
    words = f"--source {source} --each {options.each} --cameras {options.cameras} --others {options.others}"
    command = f"python -m tests.benchmarks.own_network {words} --seed {options.seed}"
    carriers: list[Row] = []
    for kind in (CAMERA, *OTHERS):
        count = options.others if kind in CARRIERS else options.others // 10
        count = options.cameras if kind == CAMERA else count
        rows = list(verdicts(source, kind, count, model))
        carriers += rows if kind in CARRIERS else []
        print(f"{source:9s} {kind:15s} CHECK {alarm_share(rows):.4f} of {count}", flush=True)
        if kind == CAMERA:
            note = f"of {count} cameras that are their own access point, 20 s; learned from other sources"
            name = f"wifi.own_network_{source}"
            record(name, f"{alarm_share(rows):.3f}", "", command, seed=options.seed, note=note)
    note = f"of {len(carriers)} phone hotspots and travel routers, 20 s; learned from other sources"
    name = f"wifi.own_network_false_{source}"
    record(name, f"{alarm_share(carriers):.4f}", "", command, seed=options.seed, note=note)


def measure_real(model: OwnNetworkModel) -> None:
    """Judge a real camera's stream as its own network by the weights that come with ansim."""
    for name, made in real_stream.recordings():
        with mock.patch.object(observations, "load_own_network_model", return_value=model):
            row = verdict_of(scanned(made), made.bssid)
        print(f"real times, {name}: {row.level}, score {row.score:.3f}")
        command = "python -m tests.benchmarks.own_network --source real"
        note = f"times and sizes of a real camera's stream, {name}, as its own network; score {row.score:.3f}"
        record(f"wifi.own_network_real_{name}", row.level, "", command, note=note)


def main() -> None:
    """Learn, measure a source by the others, and write if asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", choices=[*SOURCES, "real"], help="measured; without it all are")
    parser.add_argument("--each", type=int, default=25, help="learned from, of each source and kind")
    parser.add_argument("--cameras", type=int, default=100, help="measured of each source")
    parser.add_argument("--others", type=int, default=170, help="measured of each source and kind of carrier")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write the weights learned from all sources")
    options = parser.parse_args()
    for source in [options.source] if options.source else [*SOURCES, "real"]:
        if source == "real":
            measure_real(load_own_network_model())
        else:
            measure(source, options)
    if options.write:
        table = vectors(options.each, options.seed, SOURCES)
        write(
            fit(table),
            f"seed {options.seed}, {sum(map(len, table.values()))} networks of {', '.join(SOURCES)}",
        )


if __name__ == "__main__":
    main()
