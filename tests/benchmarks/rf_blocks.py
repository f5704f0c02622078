"""Blocks of any length and rate through the whole RF sensor: none may end in an error.

Method: each block has a length drawn evenly in the logarithm, 1 to 10⁷ samples, and a rate drawn so, 0.25 to
61 MS/s; noise, a carrier, pulses, FM, one constant, full scale, or numbers that are not finite; centres below
and above 2 GHz, and none. What a sensor must not do is raise anything but the end of the recording. Warnings
of numpy count as errors: they are a division or a mean of nothing.

Command: ``python -m tests.benchmarks.rf_blocks --blocks 2000`` (simulation; one core, some minutes).
"""

from __future__ import annotations

import argparse
import warnings
from collections import Counter

import numpy as np

from tests.benchmarks.results import record
from tests.benchmarks.rf_cameras import play
from tests.benchmarks.rf_second_source import Rng, Samples, noise

LENGTHS, RATES_HZ = (1.0, 1e7), (0.25e6, 61e6)
CENTERS_HZ = (0.0, 24e6, 433.92e6, 915e6, 1.28e9, 1.999e9, 2.42e9, 5.8e9)
CONTENTS = ("noise", "carrier", "pulses", "fm", "constant", "full scale", "not finite")
COMMAND = "python -m tests.benchmarks.rf_blocks"


def content(rng: Rng, kind: str, count: int) -> Samples:
    """Return one block of a kind of content."""
    x = noise(rng, count) * np.float32(0.05)
    n = np.arange(count)
    if kind == "carrier":
        x += np.exp(2j * np.pi * (rng.uniform(-0.5, 0.5) * n % 1.0)).astype(np.complex64)
    elif kind == "pulses":
        x[n % max(2, count // 50) < max(1, count // 1000)] += np.complex64(0.9)
    elif kind == "fm":
        swing = rng.uniform(0.01, 0.4) * np.sign(np.sin(2 * np.pi * n * rng.uniform(1e-4, 1e-1)))
        x += np.exp(2j * np.pi * (np.cumsum(swing) % 1.0)).astype(np.complex64)
    elif kind == "constant":
        x[:] = rng.choice([0.0, 1.0, 1e-30])
    elif kind == "full scale":
        x = np.sign(x.view(np.float32)).view(np.complex64)
    elif kind == "not finite":
        x[rng.integers(count)] = rng.choice([np.nan, np.inf, -np.inf])
    return np.asarray(x, np.complex64)


def block(rng: Rng, longest: float = LENGTHS[1]) -> tuple[str, Samples, float, float]:
    """Return content, samples, rate and centre of a block drawn at random."""
    count = int(np.exp(rng.uniform(np.log(LENGTHS[0]), np.log(longest))))
    rate_hz = float(np.exp(rng.uniform(*np.log(RATES_HZ))))
    kind = str(rng.choice(CONTENTS))
    return kind, content(rng, kind, count), rate_hz, float(rng.choice(CENTERS_HZ))


def error_of(samples: Samples, *, rate_hz: float, center_hz: float) -> str:
    """Return what the sensor raises over a recording, empty where nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            sensor = play(samples, rate_hz=rate_hz, center_hz=center_hz)
            sensor.coverage()
            sensor.health()
            sensor.spectrum_view()
            sensor.waterfall_view()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def main(argv: list[str] | None = None) -> int:
    """Play the blocks and print what ended in an error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--blocks", type=int, default=100)
    parser.add_argument("--seed", type=int, default=23)
    args = parser.parse_args(argv)
    rng, kinds, failed = np.random.default_rng(args.seed), Counter[str](), 0
    for _ in range(args.blocks):
        kind, samples, rate_hz, center_hz = block(rng)
        kinds[kind] += 1
        if problem := error_of(samples, rate_hz=rate_hz, center_hz=center_hz):
            failed += 1
            where = f"{len(samples):,} samples at {rate_hz / 1e6:.3f} MS/s, {center_hz / 1e6:g} MHz"
            print(f"{kind}, {where}: {problem}", flush=True)
    print(f"{failed} of {args.blocks:,} blocks ended in an error; {dict(kinds)}")
    command = f"{COMMAND} --blocks {args.blocks} --seed {args.seed}"
    note = "1 to 10⁷ samples at 0.25 to 61 MS/s, warnings of numpy count"
    record("rf.blocks_failed", f"{failed} of {args.blocks:,}", "blocks", command, seed=args.seed, note=note)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
