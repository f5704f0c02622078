"""Converts a snapshot of the engine to the content of the screen: pure functions, one for each page."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from firmware.handheld.screen.navigator import PagePosition, with_rows
from firmware.handheld.screen.state import ScreenState, SensorBadge
from firmware.handheld.screen.views import (
    DEVICES_MOST,
    FINDINGS_MOST,
    LINES_MOST,
    MARKS_MOST,
    MENU,
    CandidateMark,
    DeviceRow,
    FindingView,
    HealthRow,
    LensPageView,
    MenuItem,
    Page,
    SpectrumLine,
    SpectrumPageView,
)
from firmware.i18n.catalog import Language, Sentence, catalog_for
from firmware.i18n.names import line_name
from firmware.sensor import Device, Observation, devices_in, emissions_in
from firmware.verdict.engine import Snapshot
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.evidence.reasons import KNOWN_REASON
from firmware.verdict.explain import shortfall_sentence
from firmware.verdict.model import Contribution, Level, Verdict, WeighedSubject
from firmware.verdict.sensor_state import SensorStatus
from firmware.verdict.whereabouts import Param, Whereabouts, where_sentence
from lensdetect.model import LensView as FinderView
from sweeper.model import Emission

SAID_NATS = 0.69  # twice as common: worth a word on its row
ALARMING = frozenset({Level.CHECK, Level.LIKELY_CAMERA})


class TableRows:
    """The rows made of the sensors' tables; kept while tables and verdict are the same objects."""

    def __init__(self) -> None:
        self._of: tuple[Sequence[Observation], Verdict] | None = None
        self._spectrum = SpectrumPageView()
        self._devices: tuple[DeviceRow, ...] = ()

    def of(
        self, observations: Sequence[Observation], verdict: Verdict
    ) -> tuple[SpectrumPageView, tuple[DeviceRow, ...]]:
        """Return the transmissions and the devices of a snapshot, as `spectrum_of` and `devices_of` do."""
        if self._of is None or self._of[0] is not observations or self._of[1] is not verdict:
            known, found = known_in(verdict), verdict.findings
            self._of = (observations, verdict)
            self._spectrum = spectrum_of(observations, known, found)
            self._devices = devices_of(observations, known, found)
        return self._spectrum, self._devices


def from_snapshot(
    snapshot: Snapshot,
    *,
    lang: Language,
    place: PagePosition | None = None,
    progress: float | None = None,
    simulated: bool = False,
    battery: float | None = None,
    rows: TableRows | None = None,
) -> ScreenState:
    """Return the screen of one moment; homing and the pages of an inspection are added by the panel.

    ``rows`` keeps what is made of the tables from one moment to the next.
    """
    verdict, observations, lens = snapshot.verdict, snapshot.observations, snapshot.views.lens
    findings = findings_of(snapshot.findings, verdict.contributions, lang, snapshot.whereabouts)
    spectrum, devices = (rows or TableRows()).of(observations, verdict)
    at = place or PagePosition()
    at = with_rows(at, row_counts(devices, findings, at.menu))
    return ScreenState(
        level=verdict.level,
        probability=verdict.probability,
        prior=verdict.prior,
        share_caught=verdict.share_caught,
        sensors=tuple(_sensor_badge(status, verdict, lang) for status in snapshot.sensors),
        lang=lang,
        scanning=snapshot.phase == "scanning",
        progress=progress if snapshot.phase == "scanning" else None,
        elapsed_s=snapshot.elapsed_s,
        reasons=reasons_of(verdict, lang),
        number_fits=verdict.number_fits,
        answer=answer_of(verdict),
        blind_to=verdict.blind_to,
        advice=verdict.advice,
        simulated=simulated,
        battery=battery,
        page=at.page,
        selected=at.selected,
        focused=at.focused,
        menu=at.menu,
        ring=at.ring if at.is_inspecting else (),
        spectrum=spectrum,
        devices=devices,
        lens=LensPageView() if lens is None else lens_of(lens, lang),
        findings=findings,
        health=tuple(_health(status, lang) for status in snapshot.sensors),
    )


def row_counts(
    devices: Sequence[DeviceRow], findings: Sequence[FindingView], menu: Sequence[MenuItem] = MENU
) -> dict[Page, int]:
    """Return the number of rows of each page with rows."""
    return {"menu": len(menu), "devices": len(devices), "finding": len(findings)}


def reasons_of(verdict: Verdict, lang: Language) -> tuple[Sentence, ...]:
    """Return the reasons for a camera, strongest first, or the reason why nothing can be said."""
    if verdict.level in ALARMING:
        return tuple(Sentence(key=s.reason, params=s.params) for s in subjects_shown(verdict))
    if verdict.level is Level.INCONCLUSIVE and verdict.rule == "rule.not_enough":
        said = [shortfall_sentence(s) for s in verdict.short_of]
        short = tuple(Sentence(key=key, params=params) for key, params in said)
        return (*short, Sentence(key=verdict.rule))
    if verdict.level is Level.INCONCLUSIVE and verdict.rule in catalog_for(lang):
        return (Sentence(key=verdict.rule),)
    if len(verdict.scope) == 1:
        return (Sentence(key="screen.only_on", params={"sense": f"sense.{verdict.scope[0]}"}),)
    return ()


def answer_of(verdict: Verdict) -> Sentence | None:
    """Return what a person said of the alarm that was shown here; None where there is no answer."""
    if verdict.alarm is None or not verdict.alarm.resolution:
        return None
    return Sentence(key="screen.answered", params={"word": f"resolved.{verdict.alarm.resolution}"})


def subjects_shown(verdict: Verdict) -> tuple[WeighedSubject, ...]:
    """Return the subjects of an alarm: findings of now and of the kept alarm, then the noted ones."""
    kept = () if verdict.alarm is None else verdict.alarm.subjects
    rows = {(s.sensor, s.subject): s for s in kept}
    rows |= {(s.sensor, s.subject): s for s in verdict.subjects if (s.sensor, s.subject) not in rows}
    return tuple(sorted(rows.values(), key=lambda s: (s.word != "finding", -s.nats, s.subject)))


def _sensor_badge(status: SensorStatus, verdict: Verdict, lang: Language) -> SensorBadge:
    best = next((s for s in subjects_shown(verdict) if s.sensor == status.name), None)
    finding = best is not None and best.word == "finding"
    said = best is not None and (finding or best.nats >= SAID_NATS)
    return SensorBadge(
        name=status.name,
        state=status.state,
        coverage=status.coverage,
        headline=brief_of(best, lang) if best is not None and said else None,
        alert=finding and verdict.level in ALARMING,
        trouble=_trouble(status, lang),
    )


def brief_of(subject: WeighedSubject, lang: Language) -> Sentence:
    """Return the few words of a reason, or the whole reason where nobody wrote few."""
    key = subject.reason.replace("reason.", "brief.", 1)
    return Sentence(key=key if key in catalog_for(lang) else subject.reason, params=subject.params)


def _trouble(status: SensorStatus, lang: Language) -> str:
    """Return the key of what is wrong with a sensor that still works, in few words if somebody wrote them."""
    key = _hint(status, lang) if status.state in {"running", "finished"} else ""
    return f"brief.{key}" if f"brief.{key}" in catalog_for(lang) else key


def _health(status: SensorStatus, lang: Language) -> HealthRow:
    counts = status.counts
    return HealthRow(
        sensor=status.name,
        read=0 if counts is None else counts.read,
        dropped=0 if counts is None else sum(counts.dropped.values()),
        hint=_hint(status, lang),
    )


def _hint(status: SensorStatus, lang: Language) -> str:
    return hint_of(status.reason, is_gone=status.state in {"lost", "missing"}, lang=lang)


def hint_of(reason: str, *, is_gone: bool, lang: Language) -> str:
    """Return the key of what to do about a device, empty where it is well; an unknown reason has one too."""
    if not reason:
        return "hint.not_found" if is_gone else ""
    catalog = catalog_for(lang)
    return next((k for k in (f"hint.{reason}", reason) if k in catalog), "hint.unknown")


def findings_of(
    evidence: Sequence[Evidence],
    contributions: Sequence[Contribution],
    lang: Language,
    whereabouts: Sequence[Whereabouts] = (),
) -> tuple[FindingView, ...]:
    """Return the findings, named so that an inspector finds them again.

    The strength is what it added to the room's verdict, where that is known: the same figure everywhere.
    """
    added = {(c.sensor, c.subject): c.log_lr for c in contributions if c.subject}
    where = {(w.sensor, w.subject): where_sentence(w) for w in whereabouts}
    return tuple(
        FindingView(
            sensor=e.sensor,
            subject=_subject(e, lang),
            reason=Sentence(key=e.reason, params=e.params),
            log_lr=added.get((e.sensor, e.subject), e.log_lr),
            confirmed=e.confirmed,
            where=_sentence(where.get((e.sensor, e.subject))),
            key=e.subject,
        )
        for e in evidence[:FINDINGS_MOST]
        if e.log_lr > 0
    )


def _sentence(said: tuple[str, dict[str, Param]] | None) -> Sentence | None:
    return None if said is None else Sentence(key=said[0], params=said[1])


def _subject(evidence: Evidence, lang: Language) -> str:
    name = evidence.params.get("name")
    if isinstance(name, str):
        return name
    key = evidence.reason.replace("reason.", "brief.", 1)
    catalog = catalog_for(lang)
    return catalog.fill(key, evidence.params) if key in catalog else evidence.subject


def spectrum_of(
    observations: Sequence[Observation], known: Collection[str] = (), findings: Collection[str] = ()
) -> SpectrumPageView:
    """Return the transmissions that were heard, the loudest of them if there are too many.

    ``known`` are the subjects that were declared harmless here, ``findings`` those of the verdict.
    """
    emissions = emissions_in(observations)
    emissions.sort(key=lambda e: (e.subject not in findings, -e.camera_score, -e.snr_db, e.center_hz))
    return SpectrumPageView(lines=tuple(_line(e, known, findings) for e in emissions[:LINES_MOST]))


def _line(emission: Emission, declared: Collection[str], findings: Collection[str]) -> SpectrumLine:
    known = emission.subject in declared or emission.kind in {"known-service", "self-noise"}
    return SpectrumLine(
        center_hz=emission.center_hz,
        bandwidth_hz=emission.bandwidth_hz,
        snr_db=emission.snr_db,
        label=line_name(emission),
        alert=emission.subject in findings and not known,
        known=known,
    )


def lens_of(view: FinderView, lang: Language) -> LensPageView:
    """Return the live picture with its marks in shares of the picture, so that any panel can draw it."""
    key = f"guide.{view.guidance}"
    usable = key in catalog_for(lang) and view.guidance != "hold"  # "hold on as you do": sweep on
    guide = key if usable else "guide.sweep"
    if view.frame is None:
        return LensPageView(cells=view.coverage_map, guide=guide)
    height, width = view.frame.pixels.shape
    marks = tuple(
        CandidateMark(x=g.x_px / width, y=g.y_px / height, label=g.label, score=g.score)
        for g in sorted(view.glints, key=lambda g: (-g.score, g.id))[:MARKS_MOST]
    )
    return LensPageView(picture=view.frame.pixels, marks=marks, cells=view.coverage_map, guide=guide)


def devices_of(
    observations: Sequence[Observation], known: Collection[str] = (), findings: Collection[str] = ()
) -> tuple[DeviceRow, ...]:
    """Return Wi-Fi and Bluetooth devices, the verdict's ``findings`` first; ``known`` are harmless."""
    ordered = devices_in_order(observations, findings)
    return tuple(_device(o, known=o.subject in known, finding=o.subject in findings) for o in ordered)


def known_in(verdict: Verdict) -> frozenset[str]:
    """Return the subjects that say nothing because somebody has declared them harmless here."""
    return frozenset(c.subject for c in verdict.contributions if c.reason == KNOWN_REASON)


def devices_in_order(observations: Sequence[Observation], findings: Collection[str] = ()) -> list[Device]:
    """Return the devices in the order of their rows: row i of the page is device i here."""
    found = devices_in(observations)
    found.sort(
        key=lambda o: (o.subject not in findings, -o.score, -(o.rssi_dbm or -200.0), o.called or o.subject)
    )
    return found[:DEVICES_MOST]


def _device(o: Device, *, known: bool, finding: bool) -> DeviceRow:
    return DeviceRow(
        sensor=o.sensor,
        name=o.called or o.subject,
        detail=_detail(o),
        score=o.score,
        rssi_dbm=o.rssi_dbm,
        alert=finding and not known,
        known=known,
    )


def _detail(o: Device) -> Sentence:
    if o.streaming_bps is not None:
        return Sentence(key="device.streaming", params={"uplink_bps": o.streaming_bps})
    if o.identity:
        return Sentence(key="device.sign", params=o.identity[0].params)
    if o.channel_mhz is None:
        return Sentence(key="device.address", params={"address": o.subject})
    return Sentence(key="device.wifi", params={"address": o.subject, "channel_mhz": o.channel_mhz})
