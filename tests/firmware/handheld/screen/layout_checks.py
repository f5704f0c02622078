"""What must hold of every picture, whatever it shows."""

from __future__ import annotations

from itertools import combinations

from firmware.handheld.screen.canvas import Canvas, Rect


def overlap(a: Rect, b: Rect) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h


def assert_layout(canvas: Canvas) -> None:
    """Every text stands inside its room, every room inside the panel, and no two texts touch."""
    for box in canvas.texts:
        assert inside(box.room, canvas.area), box
        assert inside(box.ink, box.room), box
    for a, b in combinations(canvas.texts, 2):
        assert not overlap(a.room, b.room), (a, b)


def inside(inner: Rect, outer: Rect) -> bool:
    right, bottom = inner.x + inner.w, inner.y + inner.h
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and right <= outer.x + outer.w
        and bottom <= outer.y + outer.h
    )
