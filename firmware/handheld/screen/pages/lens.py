"""Draws the lens page: the live picture with its glints, the covered wall, and how to move next."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from firmware.handheld.screen.canvas import Canvas, Rect, mix
from firmware.handheld.screen.page_frame import body, draw_empty, draw_frame, draw_mono
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.theme import Rgb
from firmware.handheld.screen.views import MARKS_MOST, CandidateMark, LensPageView
from firmware.i18n.catalog import Catalog
from firmware.i18n.numbers import write_percent
from firmware.verdict.model import Level

GUIDE_H = 26
MAP_W = 72
STRIP_H = 44
WIDE_PAGE = 250  # pages wider than this show the facts beside the picture
LIKELY_SCORE = 0.5  # marks from here on are drawn as a lens is
ANGLES_MOST = 3


def draw_lens(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw the live view."""
    view = state.lens
    share = next((s.coverage for s in state.sensors if s.name == "lens"), None)
    if canvas.mode == "1":
        draw_mono(canvas, state, catalog, _mono_lines(view, share, catalog))
        return
    room = body(draw_frame(canvas, state, catalog))
    guide = Rect(room.x, room.y + room.h - GUIDE_H, room.w, GUIDE_H)
    canvas.fill(guide, mix(canvas.theme.ground, canvas.theme.accent, 0.25), radius=5)
    words = catalog.text(view.guide)
    inner = guide.inset(left=6, right=6)
    canvas.text(inner, words, size_px=16, min_px=12, color=canvas.theme.text, align="center")
    stage = room.inset(bottom=GUIDE_H + 4)
    wide = stage.w > WIDE_PAGE
    picture = stage.inset(right=MAP_W + 4) if wide else stage.inset(bottom=STRIP_H + 4)
    draw_picture(canvas, picture, view.picture, catalog)
    if view.picture is not None:
        for mark in sorted(view.marks, key=lambda m: m.score)[-MARKS_MOST:]:
            _draw_mark(canvas, fitted(picture, view.picture.shape[1], view.picture.shape[0]), mark)
    _draw_facts(canvas, _facts_beside(stage) if wide else _facts_below(stage), view, share, catalog)


class Facts(NamedTuple):
    """Places of the share looked at, of the map of the wall, and of the number of candidates."""

    label: Rect
    number: Rect
    grid: Rect
    found: Rect


def _facts_beside(stage: Rect) -> Facts:
    side = Rect(stage.x + stage.w - MAP_W, stage.y, MAP_W, stage.h)
    return Facts(
        side._replace(h=15),
        Rect(side.x, side.y + 15, side.w, 28),
        side.inset(top=46, bottom=34),
        Rect(side.x, side.y + side.h - 32, side.w, 32),
    )


def _facts_below(stage: Rect) -> Facts:
    strip = Rect(stage.x, stage.y + stage.h - STRIP_H, stage.w, STRIP_H)
    third = strip.w // 3
    return Facts(
        Rect(strip.x, strip.y, third, 14),
        Rect(strip.x, strip.y + 14, third, STRIP_H - 14),
        Rect(strip.x + third + 2, strip.y, third - 4, STRIP_H),
        Rect(strip.x + 2 * third, strip.y, strip.w - 2 * third, STRIP_H),
    )


def _mono_lines(view: LensPageView, share: float | None, catalog: Catalog) -> tuple[str, ...]:
    seen = catalog.text("screen.looked_at", share=share or 0.0)
    found = catalog.text("screen.candidates", count=_candidates(view))
    return (catalog.text(view.guide), seen, found)


def _candidates(view: LensPageView) -> int:
    return sum(m.label == "lens" or m.score >= LIKELY_SCORE for m in view.marks)


def fitted(room: Rect, width: int, height: int) -> Rect:
    """Return the largest rectangle of a picture's shape in the middle of a room."""
    scale = min(room.w / max(1, width), room.h / max(1, height))
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    return Rect(room.x + (room.w - w) // 2, room.y + (room.h - h) // 2, w, h)


def draw_picture(canvas: Canvas, room: Rect, pixels: NDArray[np.uint8] | None, catalog: Catalog) -> None:
    """Draw a grey picture as large as it fits, or say that there is none."""
    canvas.fill(room, canvas.theme.card, radius=4)
    if pixels is None:
        draw_empty(canvas, room, catalog.text("screen.no_picture"))
        return
    box = fitted(room, pixels.shape[1], pixels.shape[0])
    grey = Image.fromarray(np.ascontiguousarray(pixels))
    shrunk = grey.resize((box.w, box.h), Image.Resampling.BOX)
    canvas.image.paste(shrunk.convert(canvas.mode), (box.x, box.y))


def _draw_mark(canvas: Canvas, box: Rect, mark: CandidateMark) -> None:
    strong = mark.label == "lens" or mark.score >= LIKELY_SCORE
    x, y = box.x + round(mark.x * box.w), box.y + round(mark.y * box.h)
    radius = 11 if strong else 6
    x = min(max(x, box.x + radius), box.x + box.w - radius - 1)
    y = min(max(y, box.y + radius), box.y + box.h - radius - 1)
    corners = (x - radius, y - radius, x + radius, y + radius)
    if strong:
        bright: Rgb = canvas.theme.level_fill[Level.LIKELY_CAMERA]
        canvas.pen.ellipse(corners, outline=canvas.ink((0, 0, 0)), width=4)
        canvas.pen.ellipse(corners, outline=canvas.ink(bright), width=3)
        canvas.fill(Rect(x - 1, y - radius - 4, 3, 5), bright)
        canvas.fill(Rect(x - 1, y + radius, 3, 5), bright)
    else:
        canvas.pen.rectangle(corners, outline=canvas.ink((230, 230, 230)))


def _draw_facts(
    canvas: Canvas, facts: Facts, view: LensPageView, share: float | None, catalog: Catalog
) -> None:
    theme = canvas.theme
    label = catalog.text("screen.covered")
    canvas.text(facts.label, label, size_px=12, min_px=12, color=theme.dim, align="center")
    number = "–" if share is None else write_percent(share, catalog.locale)
    canvas.text(facts.number, number, size_px=24, min_px=14, color=theme.text, align="center", heavy=True)
    _draw_cells(canvas, facts.grid, view.cells)
    count = _candidates(view)
    words = catalog.text("screen.candidates", count=count)
    color = theme.warn if count else theme.dim
    canvas.text(facts.found, words, size_px=13, min_px=12, max_lines=2, color=color, align="center")


def _draw_cells(canvas: Canvas, grid: Rect, cells: NDArray[np.uint8] | None) -> None:
    theme = canvas.theme
    canvas.fill(grid, theme.card, radius=3)
    if cells is None or not cells.size:
        return
    colors = [mix(theme.card, theme.accent, n / ANGLES_MOST) for n in range(ANGLES_MOST + 1)]
    table = np.array(colors, np.uint8)[np.minimum(cells, ANGLES_MOST)]
    inner = grid.inset(3, 3, 3, 3)
    box = fitted(inner, cells.shape[1], cells.shape[0])
    picture = Image.fromarray(table).resize((box.w, box.h), Image.Resampling.NEAREST)
    canvas.image.paste(picture, (box.x, box.y))
