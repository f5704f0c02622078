"""The figures as pictures, in ``out/rooms``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from tests.benchmarks.rooms.evaluate import SECONDS
from tests.benchmarks.rooms.metrics import Bin, expit, reliability, to_prior
from tests.benchmarks.rooms.rivals import fused, rivals, truths
from tests.benchmarks.rooms.rows import Row

mpl.use("Agg")
import matplotlib.pyplot as plt

BLUE, ORANGE, GREEN, RED, GREY = "#2a6fbb", "#d9822b", "#3a9d5d", "#c0392b", "#8a8a8a"
LN10 = float(np.log(10))


def draw_all(rows: Sequence[Row], fit_on: Sequence[Row], figures: dict[str, Any], folder: Path) -> list[Path]:
    """Draw every picture; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs = {
        "reliability": lambda ax: _reliability(ax, rows, fit_on),
        "coverage": lambda ax: _coverage(ax, figures),
        "time": lambda ax: _time(ax, figures),
        "tippett": lambda ax: _tippett(ax, rows),
        "rivals": lambda ax: _rivals(ax, figures),
        "kinds": lambda ax: _kinds(ax, figures),
    }
    paths = []
    for name, job in jobs.items():
        figure, ax = plt.subplots(figsize=(7.2, 4.8), dpi=110)
        job(ax)
        figure.text(0.995, 0.01, f"simulated, {len(rows)} locked rooms", ha="right", fontsize=7, color=GREY)
        figure.tight_layout()
        path = folder / f"{name}.png"
        figure.savefig(path)
        plt.close(figure)
        paths.append(path)
    return paths


def _reliability(ax: Any, rows: Sequence[Row], fit_on: Sequence[Row]) -> None:
    truth, weight = truths(rows)
    even = to_prior(truth, weight, 0.5)
    named = {"ansim": fused, "logistic fusion": rivals(fit_on)["logistic fusion"]}
    ax.plot([0, 1], [0, 1], color=GREY, lw=1, label="perfect")
    for (name, rival), color in zip(named.items(), (BLUE, ORANGE), strict=True):
        bins = reliability(expit(rival(rows)), truth, even)
        x, y = [b.claimed for b in bins], [b.happened for b in bins]
        ax.plot(x, y, "o-", color=color, label=name, ms=4)
        if name == "ansim":
            for b in bins:
                _bin(ax, b, color)
    ax.set(
        xlabel="probability said (at even odds)",
        ylabel="share with a camera",
        xlim=(0, 1),
        ylim=(-0.02, 1.02),
    )
    ax.set_title("Does the number mean what it says?", fontsize=11)
    ax.legend(fontsize=8, loc="upper left")


def _bin(ax: Any, b: Bin, color: str) -> None:
    error = 1.96 * np.sqrt(max(b.happened * (1 - b.happened), 0.25 / b.count) / b.count)
    ax.plot([b.claimed] * 2, [b.happened - error, b.happened + error], color=color, lw=1, alpha=0.6)
    at = (b.claimed, b.happened)
    ax.annotate(str(b.count), at, xytext=(5, -9), textcoords="offset points", fontsize=7)


def _coverage(ax: Any, figures: dict[str, Any]) -> None:
    deciles = figures["deciles"]
    ax.plot([0, 1], [0, 1], color=GREY, lw=1)
    ax.fill_between([0, 1], [-0.05, 0.95], [0.05, 1.05], color=GREY, alpha=0.15, label="within 5 points")
    ax.errorbar(
        [d.claimed for d in deciles], [d.caught for d in deciles], yerr=[d.spread for d in deciles],
        fmt="o", color=BLUE, capsize=2, label="a tenth of the rooms, ± 1 standard error",
    )  # fmt: skip
    ax.set(xlabel="share of cameras the scan claims it would catch", ylabel="cameras caught (CHECK or above)")
    ax.set(xlim=(0, 1), ylim=(0, 1.05))
    ax.set_title("Is the share caught true?", fontsize=11)
    ax.legend(fontsize=8, loc="upper left")


def _time(ax: Any, figures: dict[str, Any]) -> None:
    for level, color in (("check", BLUE), ("likely_camera", GREEN)):
        detected, false = figures["over time"][level]
        ax.plot(SECONDS, detected, "o-", color=color, label=f"{level}: rooms with a camera", ms=4)
        ax.plot(SECONDS, false, "x--", color=color, label=f"{level}: clean rooms", ms=4)
    ax.set(xlabel="seconds of scanning", ylabel="share of rooms that have raised it", ylim=(0, 1))
    ax.set_title("Detection against scan time (full, partial and hasty scans)", fontsize=11)
    ax.legend(fontsize=8)


def _tippett(ax: Any, rows: Sequence[Row]) -> None:
    truth, weight = truths(rows)
    log_lr = fused(rows) / LN10
    for flag, color, label in ((truth, RED, "rooms with a camera"), (~truth, BLUE, "clean rooms")):
        order = np.argsort(log_lr[flag])
        above = 1 - np.cumsum(weight[flag][order]) / weight[flag].sum()
        ax.step(log_lr[flag][order], above, color=color, label=label, where="post")
    ax.axvline(0, color=GREY, lw=1)
    ax.set(xlabel="log10 of the likelihood ratio", ylabel="share of rooms above")
    ax.set_title("How far the two kinds of rooms lie apart", fontsize=11)
    ax.legend(fontsize=8)


def _rivals(ax: Any, figures: dict[str, Any]) -> None:
    scores = sorted(figures["scores"], key=lambda s: -s.log_loss)
    y = np.arange(len(scores))
    ax.barh(y + 0.2, [s.log_loss for s in scores], 0.36, color=BLUE, label="log-loss, nats")
    ax.barh(y - 0.2, [s.brier for s in scores], 0.36, color=ORANGE, label="Brier")
    ax.set_yticks(y, [s.name for s in scores], fontsize=8)
    ax.axvline(np.log(2), color=GREY, lw=1, ls=":")
    ax.set_title("Against simpler ways (less is better; dotted: knowing nothing)", fontsize=11)
    ax.legend(fontsize=8)


def _kinds(ax: Any, figures: dict[str, Any]) -> None:
    kinds = figures["kinds"]
    names = [k for k in kinds if k != "clean"] + ["clean"]
    y = np.arange(len(names))
    likely = np.array([kinds[k]["likely_camera"] for k in names])
    check = np.array([kinds[k]["check"] for k in names]) - likely
    ax.barh(y, likely, color=RED, label="LIKELY CAMERA")
    ax.barh(y, check, left=likely, color=ORANGE, label="CHECK")
    ax.set_yticks(y, [f"{k} ({kinds[k]['rooms']:.0f})" for k in names], fontsize=8)
    ax.set(xlim=(0, 1), xlabel="share of rooms")
    ax.set_title("Last word by what was really there (all scans, hasty ones too)", fontsize=11)
    ax.legend(fontsize=8)
