"""Formats a record as plain lines in one language, the same for PDF, tables and pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from pydantic import TypeAdapter, ValidationError

from firmware.i18n.catalog import Catalog, Written
from firmware.i18n.escape import PDF_LIMIT, visible
from firmware.i18n.numbers import (
    UNKNOWN,
    write_decimal,
    write_frequency,
    write_percent,
    write_probability,
    write_rate,
)
from firmware.records.custody.anchor import QR_MARK
from firmware.records.custody.hash_chain import Entry
from firmware.records.hand_overs import WORDS_MOST, HandOver
from firmware.records.model import CalibrationAge, Finding, Inspection, SensorLook
from firmware.records.resolutions import REASON_MOST, ListedResolution, Resolved
from firmware.verdict.explain import shortfall_sentence
from firmware.verdict.model import Contribution, Level, Verdict
from firmware.verdict.whereabouts import Whereabouts, where_sentence

NS_PER_S = 10**9
ALARM_SUBJECTS_MOST = 8  # of a kept alarm, on paper
DAY_S, HOUR_S, MINUTE_S = 86_400.0, 3600.0, 60.0
SKIPPED_NAMED = 4  # places of the checklist that page one names; the checklist itself names all
DIGEST_SHOWN = 16  # hex digits of a digest on paper
PSEUDONYM_SHOWN = 9  # characters of a pseudonym on paper: enough to tell devices of one room apart
HASH_LINE = 32  # hex digits on one line of paper
_WHEREABOUTS = TypeAdapter(tuple[Whereabouts, ...])
PSEUDONYM = re.compile("~[0-9a-f]{16}")
CHOSEN_REASON = "resolve.why."  # begins the key of a reason that was chosen by buttons
LEVEL_COLOUR: Mapping[Level, tuple[int, int, int]] = {  # of paper and page alike; white reads on all of them
    Level.INCONCLUSIVE: (91, 103, 112),
    Level.NOTHING_FOUND: (0, 94, 150),
    Level.CHECK: (160, 92, 0),
    Level.LIKELY_CAMERA: (179, 38, 30),
}
HELP_STEPS: Mapping[Level, tuple[str, ...]] = {
    Level.LIKELY_CAMERA: ("todo.likely.1", "todo.likely.2", "todo.likely.3", "todo.likely.4"),
    Level.CHECK: ("todo.check.1", "todo.check.2", "todo.check.3", "todo.check.4"),
    Level.NOTHING_FOUND: ("paper.do.eyes",),
    Level.INCONCLUSIVE: ("paper.do.again", "paper.do.eyes"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """One finding on paper."""

    sensor: str
    what: str
    signal: str
    signs: str
    score: str
    suspicious: bool


class Wording:
    """Turns the parts of a record into words of one language."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.locale = catalog.locale

    def key(self, key: str) -> str:
        """Return the sentence of a key."""
        return str(self.catalog.text(key))

    def percent(self, share: float | None) -> str:
        """Write a share; a dash where there is none."""
        return UNKNOWN if share is None else write_percent(share, self.locale)

    def probability(self, value: float) -> str:
        """Write a probability, never as certain."""
        return write_probability(value, self.locale)

    def headline(self, verdict: Verdict) -> str:
        """Return the word with its number; without it where the number contradicts the word."""
        word = self.key(f"level.{verdict.level}")
        return f"{word} {self.probability(verdict.probability)}" if verdict.number_fits else word

    def when(self, utc_ns: int, offset_s: int, zone: str) -> tuple[str, str]:
        """Return the local time with its zone, and UTC."""
        utc = datetime.fromtimestamp(utc_ns // NS_PER_S, tz=UTC)
        local = utc.astimezone(timezone(timedelta(seconds=offset_s)))
        sign, minutes = "−" if offset_s < 0 else "+", abs(offset_s) // 60
        shift = f"UTC{sign}{minutes // 60:02d}:{minutes % 60:02d}"
        return f"{local:%Y-%m-%d %H:%M:%S} ({visible(zone)}, {shift})", f"{utc:%Y-%m-%d %H:%M:%S} UTC"

    def place(self, record: Inspection) -> str:
        """Return the place in one line."""
        parts = [visible(p, limit=PDF_LIMIT) for p in (record.place.site, record.place.room) if p]
        if record.place.cubicle:
            parts.append(str(self.catalog.text("paper.cubicle", name=record.place.cubicle)))
        return " · ".join(parts) or self.key("paper.no_place")

    def provenance(self, record: Inspection) -> str:
        """Return the source of a record that was not measured live in a real room; empty for a live one."""
        if record.recorded is None and record.provenance != "replayed":
            return self.key("report.simulated") if record.simulated else ""
        known_ns = record.recorded.utc_ns if record.recorded is not None else 0
        when = self.when(known_ns, 0, "UTC")[1] if known_ns else self.key("report.time_unknown")
        key = "report.replayed_simulated" if record.simulated else "report.replayed"
        return str(self.catalog.text(key, when=Written(when)))

    def clock(self, fields: Mapping[str, Any]) -> str:
        """Return the sentence about the clock that stamped an entry."""
        word = fields.get("clock", "unset")
        unsure = word == "steady" and fields.get("synchronised") is False
        return self.key("paper.clock.unsynchronised" if unsure else f"paper.clock.{word}")

    def judged_with(self, record: Inspection) -> str:
        """Return the versions behind the verdict, digests cut short: the record has them whole."""
        parts = (f"{visible(k)} {visible(v)[:DIGEST_SHOWN]}" for k, v in sorted(record.judged_with.items()))
        return ", ".join(parts) or self.key("paper.not_kept")

    def devices(self, record: Inspection) -> str:
        """Return the devices that measured, each with its serial where it has one."""
        said = (" ".join(visible(w) for w in (d.name, d.serial) if w) for d in record.devices)
        return "; ".join(said) or self.key("paper.not_kept")

    def age(self, calibration: CalibrationAge) -> str:
        """Return the age of a calibration, in words."""
        if calibration.age_s is None:
            return self.key("paper.never")
        for unit_s, key in ((DAY_S, "paper.days"), (HOUR_S, "paper.hours"), (MINUTE_S, "paper.minutes")):
            if calibration.age_s >= unit_s or unit_s == MINUTE_S:
                return str(self.catalog.text(key, count=int(calibration.age_s // unit_s)))
        return UNKNOWN

    def not_looked(self, record: Inspection, verdict: Verdict) -> list[str]:
        """Return the list of what was not looked at: kinds, sensors, parts of sensors, places."""
        said = [self.key(k) for k in verdict.blind_to]
        lines = [
            str(self.catalog.text("paper.blind_kind", kind=self.catalog.text(k))) for k in verdict.blind_to
        ]
        lines += [str(self.catalog.fill(*shortfall_sentence(s))) for s in verdict.short_of]
        if record.left_early:
            reason = self.early(record.left_early)
            lines.insert(0, str(self.catalog.text("paper.left_early", reason=reason)))
        for look in record.senses:
            name = self.catalog.text(f"sense.{look.sensor}")
            if look.coverage is None:
                lines.append(str(self.catalog.text("paper.sense_missing", sense=name)))
            elif look.sensor in verdict.failed:
                lines.append(str(self.catalog.text("paper.sense_failed", sense=name)))
        skipped = [self.catalog.text(k) for k, state in record.checklist.items() if state == "skipped"]
        if skipped:
            rest = f" +{len(skipped) - SKIPPED_NAMED}" if len(skipped) > SKIPPED_NAMED else ""
            lines.append(f"{self.key('paper.skipped')} {', '.join(skipped[:SKIPPED_NAMED])}{rest}")
        return lines or ([] if said else [self.key("paper.share_rest")])

    def reason(self, contribution: Contribution) -> str:
        """Return the sentence of a contribution, pseudonyms cut short."""
        params = {k: short(v) if isinstance(v, str) else v for k, v in contribution.params.items()}
        return str(self.catalog.fill(contribution.reason, params))

    def alarm(self, verdict: Verdict, *, answered: bool = False) -> list[str]:
        """Return the alarm that is kept: when, how strong, what it named, and what came of it.

        ``answered`` is True where something was said of it after the record: then that stands instead.
        """
        kept = verdict.alarm
        if kept is None:
            return []
        shown = self.probability(kept.probability)
        level, fits = f"level.{kept.level.value}", kept.probability >= verdict.prior
        key, numbers = ("paper.alarm", {"probability": shown}) if fits else ("paper.alarm_word", {})
        said = self.catalog.text(key, level=level, seconds=kept.t_ns / NS_PER_S, **numbers)
        lines = [str(said)]
        for subject in kept.subjects[:ALARM_SUBJECTS_MOST]:
            params = {k: short(v) if isinstance(v, str) else v for k, v in subject.params.items()}
            sensor = self.key(f"sense.{subject.sensor}")
            lines.append(f"{sensor} {short(subject.subject)}: {self.catalog.fill(subject.reason, params)}")
        is_open = not kept.resolution
        return lines if answered and is_open else [*lines, self.alarm_answer(verdict)]

    def whereabouts(self, record: Inspection) -> list[str]:
        """Return where each finding of an alarm was, and how to come nearer to it."""
        lines = []
        for one in self.located(record)[:ALARM_SUBJECTS_MOST]:
            sensor = self.key(f"sense.{one.sensor}")
            said = self.catalog.fill(*where_sentence(one))
            lines.append(f"{sensor} {short(visible(one.subject, limit=PDF_LIMIT))}: {said}")
        return lines

    @staticmethod
    def located(record: Inspection) -> tuple[Whereabouts, ...]:
        """Return where the findings of an alarm were; empty where the record does not tell it."""
        try:
            return _WHEREABOUTS.validate_python(record.verdict.get("whereabouts", ()))
        except ValidationError:
            return ()

    def alarm_answer(self, verdict: Verdict) -> str:
        """Return what was said of the alarm before the record was written."""
        kept = verdict.alarm
        came = "open" if kept is None or not kept.resolution else kept.resolution
        reason = "" if kept is None else self.why(kept.reason)
        return str(self.catalog.text(f"paper.alarm.{came}", reason=reason))

    def early(self, reason: str) -> str:
        """Return the sentence of a reason of leaving early; one that nobody knows as it is."""
        known = reason in self.catalog and reason.startswith("early.")
        return self.key(reason) if known else str(visible(reason, limit=PDF_LIMIT))

    def why(self, reason: str) -> str:
        """Return the reason of a resolution: the sentence of one chosen by buttons, or the text as it is."""
        if reason.startswith(CHOSEN_REASON) and reason in self.catalog:
            return str(self.catalog.text(reason))
        return str(visible(reason, limit=REASON_MOST))

    def came_of_alarm(self, word: ListedResolution) -> str:
        """Return in few words what came of an alarm; a dash where there was none."""
        return str(self.catalog.text(f"resolved.{word}")) if word else UNKNOWN

    def resolution(self, said: Resolved) -> str:
        """Return when an alarm was resolved after its record, and what was said."""
        came = self.catalog.text(f"paper.alarm.{said.resolution}", reason=self.why(said.reason))
        return f"{self.when(said.utc_ns, 0, 'UTC')[1]} · {came}"

    def hand_over(self, said: HandOver) -> str:
        """Return one hand-over in a line: when, who, to whom, what, where, what for."""
        what = self.key("hand_over.original" if said.original else "hand_over.copy")
        names = (said.giver, said.receiver, said.reason, said.place or UNKNOWN)
        giver, receiver, reason, place = (Written(visible(name, limit=WORDS_MOST)) for name in names)
        line = self.catalog.text(
            "hand_over.line", giver=giver, receiver=receiver, what=what, place=place, reason=reason
        )
        return f"{self.when(said.utc_ns, 0, 'UTC')[1]} · {line}"

    def dropped(self, look: SensorLook) -> str:
        """Return the readings left out, with the reasons; nothing where nothing was counted."""
        if not look.read and not look.dropped:
            return ""
        why = ", ".join(f"{visible(k)} {v}" for k, v in sorted(look.dropped.items()))
        text = str(self.catalog.text("report.read", read=look.read, dropped=sum(look.dropped.values())))
        return f"{text} ({why})" if why else text

    def finding(self, finding: Finding) -> ReportLine:
        """Return one finding in words."""
        data = finding.data
        what, signal, signs = {
            "rf": self._emission,
            "lens": self._glint,
            "wifi": self._station,
            "ble": self._advertiser,
        }[finding.sensor](finding, data)
        return ReportLine(
            sensor=self.key(f"sense.{finding.sensor}"),
            what=what,
            signal=signal,
            signs=signs,
            score=self.probability(finding.score) if finding.suspicious else UNKNOWN,
            suspicious=finding.suspicious,
        )

    def _emission(self, _: Finding, data: Mapping[str, Any]) -> tuple[str, str, str]:
        frequency = write_frequency(number(data, "center_hz"), self.locale)
        width = write_frequency(number(data, "bandwidth_hz"), self.locale)
        named = data.get("service") or data.get("channel") or ""
        service = visible(str(data.get("service") or data.get("kind") or ""))
        key = f"line.{data.get('kind')}"
        kind = str(self.catalog.text(key, service=service)) if key in self.catalog else service
        return (
            f"{frequency} · {width}",
            f"SNR {write_decimal(round(number(data, 'snr_db')), self.locale)} dB",
            f"{kind} ({visible(str(named))})" if named and visible(str(named)) != kind else kind,
        )

    def _glint(self, finding: Finding, data: Mapping[str, Any]) -> tuple[str, str, str]:
        where = f"{number(data, 'x_px'):.0f}, {number(data, 'y_px'):.0f} px"
        poses = str(self.catalog.text("paper.poses", count=int(number(data, "poses"))))
        return (
            f"#{data.get('id', finding.subject)} · {where}",
            poses,
            self.key(f"glint.{data.get('label', 'unsure')}"),
        )

    def _station(self, finding: Finding, data: Mapping[str, Any]) -> tuple[str, str, str]:
        words = [
            short(finding.subject),
            visible(str(data.get("ssid") or "")),
            visible(str(data.get("vendor") or "")),
        ]
        if data.get("type") == "station" and finding.sensor == "wifi" and not finding.suspicious:
            words[1] = ""
        rate = data.get("uplink_bps")
        up = f" · ↑ {write_rate(float(rate), self.locale)}" if isinstance(rate, int | float) else ""
        return " · ".join(short(w) for w in words if w), dbm(data) + up, signs_of(data, self.catalog)

    def _advertiser(self, finding: Finding, data: Mapping[str, Any]) -> tuple[str, str, str]:
        words = [short(finding.subject), visible(str(data.get("name") or ""))]
        return " · ".join(short(w) for w in words if w), dbm(data), signs_of(data, self.catalog)


def number(data: Mapping[str, Any], name: str) -> float:
    """Return a number of a finding; NaN where it has none."""
    value = data.get(name)
    return float(value) if isinstance(value, int | float) else float("nan")


def dbm(data: Mapping[str, Any]) -> str:
    """Return the signal strength."""
    value = data.get("rssi_dbm")
    return f"{value:.0f} dBm" if isinstance(value, int | float) else ""


def signs_of(data: Mapping[str, Any], catalog: Catalog | None = None) -> str:
    """Return the signs of a device; without a catalog in the words of the record."""
    signs = [i for i in data.get("identity", ()) if isinstance(i, Mapping)]
    words = [str(i.get("why", "")) for i in signs]
    kinds = [(k, str(data[k])) for k in ("activity", "benign") if data.get(k)]
    if catalog is not None:
        words = [str(catalog.identity(i)) for i in signs]
        kinds = [(k, _known(f"{k}.{word}", word, catalog)) for k, word in kinds]
    words += [word for _, word in kinds]
    return short(visible("; ".join(w for w in words if w), limit=PDF_LIMIT))


def _known(key: str, word: str, catalog: Catalog) -> str:
    return str(catalog.text(key)) if key in catalog else word


def short(text: str) -> str:
    """Return text with every pseudonym cut to what paper needs."""
    return PSEUDONYM.sub(lambda m: m[0][:PSEUDONYM_SHOWN], text)


def hash_lines(digits: str) -> list[str]:
    """Return a hash as paper shows it: lines of `HASH_LINE` digits in groups of four."""
    lines = [digits[i : i + HASH_LINE] for i in range(0, len(digits), HASH_LINE)]
    return [" ".join(line[k : k + 4] for k in range(0, len(line), 4)) for line in lines]


def qr_text(record: Inspection, entry: Entry) -> str:
    """Return the text of the QR code: enough to find the entry and to compare its hash."""
    fields = entry.fields()
    return f"{QR_MARK} {record.id} {entry.row} {entry.hash} {fields.get('key', '')}".upper()
