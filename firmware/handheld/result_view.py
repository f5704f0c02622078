"""Converts a result, and the answer to its alarm, to the content of their pages, in any language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from firmware.handheld.screen.inspection_views import Choice, InspectionView
from firmware.handheld.screen.view_model import brief_of, subjects_shown
from firmware.i18n.catalog import Sentence
from firmware.inspection.answers import ANSWERS, HARMLESS_REASONS, PICTURE_ROWS
from firmware.inspection.leaving import early_reasons
from firmware.inspection.state import InspectionState, Moment
from firmware.verdict.explain import shortfall_sentence
from firmware.verdict.levels import ALARMS
from firmware.verdict.model import Level, Verdict
from firmware.verdict.whereabouts import Whereabouts, where_sentence

KINDS_NAMED = 3  # of cameras that could not be seen, in words; the rest is counted
SHAPES: Mapping[str, str] = {
    "harmless": "tick", "found": "check", "unclear": "inconclusive", "later": "arrow",
    "without": "cross", "with": "lens",
}  # fmt: skip
EARLY_SHAPES: Mapping[str, str] = {
    "early.occupied": "person", "early.no_time": "clock", "early.no_access": "cross", "early.device": "rf",
}  # fmt: skip


def result_view(
    state: InspectionState, verdict: Verdict, whereabouts: Sequence[Whereabouts]
) -> InspectionView:
    """Return the result: for an alarm first what was found and where, then what to do, then the limits."""
    alarm = verdict.level in ALARMS or verdict.alarm is not None
    named = (_named(verdict, whereabouts),) if alarm else ()
    leaves = (*named, to_do_leaf(verdict), limits_leaf(verdict))
    leaf = leaves[min(state.selected, len(leaves) - 1)]
    open_alarm = verdict.alarm is not None and not verdict.alarm.resolution
    keys = "keys.result_alarm" if open_alarm else "keys.result"
    return InspectionView(
        lead=Sentence(key=f"result.{verdict.level.value}"),
        detail=leaf[0],
        lines=leaf[1],
        named=_sensor_named(verdict) if alarm and state.selected == 0 else "",
        keys=Sentence(key=keys),
        notice=_came_of(state, verdict),
    )


def _sensor_named(verdict: Verdict) -> str:
    return next((s.sensor for s in subjects_shown(verdict) if s.word == "finding"), "")


Leaf = tuple[Sentence, tuple[Sentence, ...]]


def _named(verdict: Verdict, whereabouts: Sequence[Whereabouts]) -> Leaf:
    """Return the strongest finding of an alarm, where it is, and how many more there are."""
    rows = [s for s in subjects_shown(verdict) if s.word == "finding"]
    if not rows:
        return Sentence(key="result.what_where"), (Sentence(key=verdict.rule or "result.check"),)
    first = rows[0]
    where = next(
        (w for w in whereabouts if (w.sensor, w.subject) == (first.sensor, first.subject)),
        Whereabouts(sensor=first.sensor, subject=first.subject),
    )
    key, params = where_sentence(where)
    lines = [brief_of(first, "en"), Sentence(key=key, params=params)]  # one key for every language
    if where.sensor in {"wifi", "ble"} and where.level_dbm is not None:
        lines.append(Sentence(key="where.follow"))
    if len(rows) > 1:
        lines.append(Sentence(key="result.more_findings", params={"count": len(rows) - 1}))
    return Sentence(key="result.what_where"), tuple(lines)


def _came_of(state: InspectionState, verdict: Verdict) -> Sentence | None:
    """Return what was said of the alarm, or what has just become of saying it."""
    if state.said:
        return Sentence(key=state.said)
    kept = verdict.alarm
    if kept is None or not kept.resolution:
        return None
    params = {"level": f"level.{kept.level.value}", "word": f"resolved.{kept.resolution}"}
    return Sentence(key="result.alarm_was", params=params)


def to_do_leaf(verdict: Verdict) -> Leaf:
    """Return what to do at this level, step by step."""
    word = {Level.LIKELY_CAMERA: "likely", Level.CHECK: "check"}.get(verdict.level, "quiet")
    count = 4 if verdict.level in ALARMS else 3
    lines = tuple(Sentence(key=f"result.do.{word}.{n + 1}") for n in range(count))
    return Sentence(key="screen.what_now"), lines


def limits_leaf(verdict: Verdict) -> Leaf:
    """Return in plain words which cameras this scan could not have caught."""
    lines = [Sentence(key="screen.caught", params={"share": verdict.share_caught})]
    if verdict.coverage.get("lens") is not None:
        lines.append(Sentence(key="result.only_lit"))
    lines += [Sentence(key=f"result.blind.{kind}") for kind in verdict.blind_to[:KINDS_NAMED]]
    missing = [s for s, share in verdict.coverage.items() if share is None]
    if missing and len(lines) < KINDS_NAMED + 1:
        lines.append(Sentence(key=f"result.without.{missing[0]}"))
    return Sentence(key="result.not_checked"), tuple(lines)


def answer_view(state: InspectionState) -> InspectionView:
    """Return the page that asks what came of an alarm, for which reason, or whether with a picture."""
    rows = {
        "resolve": [(f"resolve.{row}", SHAPES[row], "") for row in ANSWERS],
        "resolve_why": [(key, "tick", "") for key in HARMLESS_REASONS],
        "resolve_picture": [
            (f"resolve.picture.{row}", SHAPES[row], f"resolve.picture.{row}.how") for row in PICTURE_ROWS
        ],
    }[state.stage]
    return InspectionView(
        title=Sentence(key=f"{state.stage}.title"),
        choices=tuple(
            Choice(words=Sentence(key=key), shape=shape, detail=Sentence(key=how) if how else None)
            for key, shape, how in rows
        ),
        keys=Sentence(key="keys.choose"),
    )


def early_view(state: InspectionState, now: Moment) -> InspectionView:
    """Return the page that asks why a place is left before enough was looked at."""
    lead = None
    if state.leaving == "personal" and now.still_short:
        key, params = shortfall_sentence(now.still_short[0])
        lead = Sentence(key=key, params=params)
    return InspectionView(
        title=Sentence(key="early.title"),
        lead=lead,
        choices=tuple(
            Choice(words=Sentence(key=key), shape=EARLY_SHAPES.get(key, "arrow"))
            for key in early_reasons(state)
        ),
        keys=Sentence(key="keys.choose"),
    )
