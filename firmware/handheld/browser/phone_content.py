"""Makes the content of the phone page: all of it in words of one language, ready to be shown.

::

    Snapshot, ScreenState ─► phone_content ─► one JSON object ─► phone.html (shows it, knows no word itself)

A page that knows no sentence cannot be out of step with the screen, and needs no catalogue on the phone.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from firmware.handheld.patches import patch_of
from firmware.handheld.result_view import limits_leaf, to_do_leaf
from firmware.handheld.screen.inspection_views import Choice, InspectionView
from firmware.handheld.screen.state import ScreenState, SensorBadge
from firmware.handheld.screen.view_model import brief_of, subjects_shown
from firmware.handheld.screen.views import HomingView
from firmware.i18n.catalog import Catalog, Sentence, catalog_for
from firmware.i18n.help_lines import line_words, number_of
from firmware.i18n.numbers import write_clock, write_number, write_probability
from firmware.verdict.engine import Snapshot
from firmware.verdict.model import Level, WeighedSubject
from firmware.verdict.whereabouts import Whereabouts, where_sentence

FOUND_MOST = 8  # things named on one page
PATCH_PX = 240  # the longer side of the picture of a finding
CARD_STEPS = 6
OWN_STEPS = 3
# The word of the button that presses OK, and of the one that goes back, where a page has no rows to choose.
ONWARD: Mapping[str, str] = {
    "personal": "phone.next", "corridor": "phone.go_in", "thin": "phone.leave", "summary": "phone.done",
    "result": "phone.done",
}  # fmt: skip
BACKWARD: Mapping[str, str] = {"choose": "phone.back", "thin": "phone.stay"}
RANGES: Mapping[str, tuple[float, float]] = {"dbm": (-95.0, -25.0), "db": (0.0, 60.0)}  # of the homing gauge


def moment_of(state: ScreenState) -> str:
    """Return which question the page asks now: a press that answers an older one is not taken."""
    view = state.inspection
    title = "" if view.title is None else view.title.key
    lead = "" if view.lead is None else view.lead.key
    return f"{stage_of(state)}:{view.step[0]}:{title}:{lead}:{len(rows_of(state))}"


def stage_of(state: ScreenState) -> str:
    """Return the page of the inspection's stage where there is one, else the page that is shown."""
    return state.inspection.page or state.page


def rows_of(state: ScreenState) -> tuple[Choice, ...]:
    """Return what can be chosen: the rows of a question, or the places to look at and the way on."""
    view = state.inspection
    if not view.checks:
        return view.choices
    marks = tuple(
        Choice(words=c.words, detail=Sentence(key=f"mark.{c.mark}") if c.mark else None) for c in view.checks
    )
    return (*marks, Choice(words=Sentence(key="walk.next")))


def content_of(
    snapshot: Snapshot, state: ScreenState, *, silent: bool, seen_at: Mapping[str, Sentence]
) -> dict[str, Any]:
    """Return the content of the page at one moment.

    Parameters
    ----------
    snapshot : Snapshot
        The moment.
    state : ScreenState
        What the handheld shows of it.
    silent : bool
        Whether the page makes no sound and does not vibrate.
    seen_at : mapping of subject to Sentence
        The step of the guided scan during which a thing was noticed first.

    Returns
    -------
    dict
        Words, numbers and pictures (PNG as data URLs), all of which JSON can carry.
    """
    catalog = catalog_for(state.lang)
    stage = stage_of(state)
    return {
        "lang": state.lang,
        "moment": moment_of(state),
        "stage": stage,
        "simulated": catalog.text("phone.simulated") if state.simulated else "",
        "clock": state.clock,
        "elapsed": write_clock(state.elapsed_s),
        "level": state.level.value,
        "word": catalog.text(f"level.{state.level.value}"),
        "meaning": _meaning(state, catalog),
        "chance": _chance(state, catalog),
        "caught": catalog.text("screen.caught", share=state.share_caught),
        "task": _task(stage, state, catalog),
        "sensors": [_sensor(badge, catalog) for badge in state.sensors],
        "found": _found(snapshot, state, seen_at, catalog),
        "homing": None if state.homing is None else _homing(state.homing, catalog),
        "steps": [_filled(line, state, catalog) for line in to_do_leaf(snapshot.verdict)[1]],
        "limits": [str(catalog.say(line)) for line in limits_leaf(snapshot.verdict)[1]],
        "lines": [str(line_words(catalog, line)) for line in state.help_lines],
        "silent": silent,
    }


def page_words(catalog: Catalog) -> dict[str, Any]:
    """Return the words of the page that no moment changes."""
    words: dict[str, Any] = {
        key.removeprefix("phone."): str(catalog.text(key)) for key in catalog if key.startswith("phone.")
    }
    words["language"] = str(catalog.text("menu.language"))
    words["card"] = [str(catalog.text(f"phone.card.{n + 1}")) for n in range(CARD_STEPS)]
    words["own"] = [str(catalog.text(f"phone.own.{n + 1}")) for n in range(OWN_STEPS)]
    return words


def _meaning(state: ScreenState, catalog: Catalog) -> str:
    if state.scanning and state.level is Level.NOTHING_FOUND:
        return str(catalog.text("level.nothing_found.running"))
    return str(catalog.text(f"result.{state.level.value}"))


def _chance(state: ScreenState, catalog: Catalog) -> str:
    """Return the number in a sentence; nothing where it contradicts the word or would only reassure."""
    if not state.number_fits or state.level is Level.INCONCLUSIVE:
        return ""
    number = write_probability(state.probability, catalog.locale)
    return str(catalog.text("phone.chance", number=number))


def _task(stage: str, state: ScreenState, catalog: Catalog) -> dict[str, Any]:
    """Return what the person is to do or to choose now, why it waits, and what ends the wait."""
    view = state.inspection
    lead = None if stage == "result" else view.lead
    said = {
        name: "" if sentence is None else str(catalog.say(sentence))
        for name, sentence in (("title", view.title), ("lead", lead), ("notice", view.notice))
    }
    detail = view.detail if stage in {"personal", "cubicle"} else None
    number, count = view.step
    asks = view.keys is not None and view.keys.key == "keys.result_alarm"
    onward = "phone.what_was_it" if asks else ONWARD.get(stage, "")
    return said | {
        "detail": "" if detail is None else str(catalog.say(detail)),
        "lines": [str(catalog.say(line)) for line in view.lines] if stage in {"summary", "thin"} else [],
        "step": str(catalog.text("walk.step", number=number, count=count)) if count else "",
        "progress": view.progress,
        "wait": _wait(stage, view, catalog),
        "choices": [
            {
                "words": str(catalog.say(choice.words)),
                "detail": "" if choice.detail is None else str(catalog.say(choice.detail)),
            }
            for choice in rows_of(state)
        ],
        "onward": str(catalog.text(onward)) if onward else "",
        "backward": str(catalog.text(BACKWARD[stage])) if stage in BACKWARD else "",
        "again": str(catalog.text("phone.again")) if stage not in {"start", ""} and view.page else "",
    }


def _wait(stage: str, view: InspectionView, catalog: Catalog) -> str:
    if stage != "personal" or view.progress is None:
        return ""
    return str(catalog.text("phone.wait", share=min(1.0, view.progress)))


def _sensor(badge: SensorBadge, catalog: Catalog) -> dict[str, Any]:
    return {
        "name": str(catalog.text(f"sense.{badge.name}")),
        "says": str(catalog.say(badge.spoken())),
        "alert": badge.alert,
        "unwell": badge.unwell,
        "looked": badge.coverage,
    }


def _found(
    snapshot: Snapshot, state: ScreenState, seen_at: Mapping[str, Sentence], catalog: Catalog
) -> list[dict[str, Any]]:
    """Return what speaks for a camera: its name, where it is, when it was noticed, its picture."""
    where = {(w.sensor, w.subject): w for w in snapshot.whereabouts}
    rows = [s for s in subjects_shown(snapshot.verdict) if s.word == "finding"]
    pictured: set[str] = set()
    found = []
    for row in rows[:FOUND_MOST]:
        there = where.get((row.sensor, row.subject), Whereabouts(sensor=row.sensor, subject=row.subject))
        patch = None if row.sensor in pictured else patch_of(snapshot, sensor=row.sensor)
        pictured.add(row.sensor)
        found.append(_thing(row, there, patch, seen_at.get(row.subject), state, catalog))
    return found


def _thing(
    row: WeighedSubject,
    where: Whereabouts,
    patch: NDArray[np.uint8] | None,
    noticed: Sentence | None,
    state: ScreenState,
    catalog: Catalog,
) -> dict[str, Any]:
    key, params = where_sentence(where)
    return {
        "subject": row.subject,
        "name": str(catalog.say(brief_of(row, state.lang))),
        "where": str(catalog.fill(key, params)),
        "noticed": "" if noticed is None else str(catalog.text("phone.noticed", step=catalog.say(noticed))),
        "picture": "" if patch is None else _as_url(patch),
    }


def _as_url(pixels: NDArray[np.uint8]) -> str:
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    picture.thumbnail((PATCH_PX, PATCH_PX))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _homing(view: HomingView, catalog: Catalog) -> dict[str, Any]:
    low, high = RANGES[view.unit]
    share = None if view.level is None else min(1.0, max(0.0, (view.level - low) / (high - low)))
    level = "–" if view.level is None else write_number(view.level, view.unit, catalog.locale)
    return {
        "name": str(catalog.text("screen.verbatim", text=view.name)),
        "level": "" if view.sensor == "lens" else level,
        "share": share,
        "trend": view.trend,
        "says": "" if view.sensor == "lens" else str(catalog.text(f"guide.{view.trend}")),
        "notices": [str(catalog.say(notice)) for notice in view.notices],
    }


def _filled(line: Sentence, state: ScreenState, catalog: Catalog) -> str:
    police = number_of(state.help_lines, "police")
    return str(catalog.fill(line.key, {**line.params, "police": police}))
