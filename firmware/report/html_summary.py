"""Writes one HTML page about one scan: the verdict, its reasons, the coverage and the findings.

Plain HTML with everything inside it, so that it opens anywhere and nothing is loaded from elsewhere.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from PIL import Image

from firmware.i18n.catalog import Catalog, Written
from firmware.i18n.escape import for_html
from firmware.i18n.names import line_name
from firmware.i18n.numbers import write_decimal
from firmware.report.eye_field import marks_of, position_words, svg_of
from firmware.report.formatting import LEVEL_COLOUR, Wording
from firmware.sensor import Observation, devices_in, emissions_in, glints_in
from firmware.verdict.model import Contribution, Level, Verdict
from firmware.verdict.whereabouts import Whereabouts, where_sentence
from hw.types import SENSOR_NAMES, Counts


def _hex(colour: tuple[int, int, int]) -> str:
    return "#" + bytes(colour).hex()


BAR, WARN = _hex(LEVEL_COLOUR[Level.NOTHING_FOUND]), _hex(LEVEL_COLOUR[Level.CHECK])
FINDINGS_SHOWN = 12
TITLE_LIMIT = 120  # graphemes
STYLE = """
:root{color-scheme:light dark;--ink:#1c2226;--soft:#5b6770;--line:#d9dee2;--paper:#fff}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecef;--soft:#9aa7b0;--line:#37414a;--paper:#14191d}}
*{box-sizing:border-box}body{font:16px/1.5 system-ui,"Noto Sans KR",sans-serif;color:var(--ink);
background:var(--paper);max-width:46rem;margin:2rem auto;padding:0 1rem}
.level{color:#fff;border-radius:.8rem;padding:1.2rem 1.5rem;display:flex;justify-content:space-between;
align-items:center;gap:1rem}.level h1{margin:0;font-size:1.9rem}.level b{font-size:2.6rem}
.simulated{border:2px dashed %WARN%;border-radius:.5rem;padding:.4rem .8rem;margin:1rem 0}
h2{font-size:1.1rem;margin:2rem 0 .5rem}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.35rem .5rem;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600}td.n{text-align:right;white-space:nowrap}
.bar{background:var(--line);border-radius:.3rem;height:.6rem;min-width:8rem}
.bar i{display:block;height:100%;border-radius:.3rem;background:%BAR%}
.screens{display:flex;gap:1rem;flex-wrap:wrap}.screens img{border-radius:.5rem;max-width:100%}
.soft{color:var(--soft)}.title{font-size:1.3rem}
""".replace("%BAR%", BAR).replace("%WARN%", WARN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The content of the page."""

    title: str
    when: str
    simulated: bool
    verdict: Verdict
    observations: Sequence[Observation]
    counts: Sequence[Counts]
    screens: Sequence[Image.Image]
    whereabouts: Sequence[Whereabouts] = ()  # of an alarm's findings


def summary_html(scan: Scan, catalog: Catalog) -> str:
    """Return the whole page as one HTML text."""
    verdict = scan.verdict
    title = for_html(scan.title, limit=TITLE_LIMIT)
    words = Wording(catalog)
    caught, prior = Written(words.percent(verdict.share_caught)), Written(words.percent(verdict.prior))
    weight = Written(_nats(verdict.log_lr, words))
    parts = [
        f"<!doctype html><html lang={catalog.lang}><meta charset=utf-8><title>ansim · {title}</title>",
        f"<meta name=viewport content='width=device-width'><style>{STYLE}</style>",
        f"<p class=soft>ansim · {escape(scan.when)}<h1 class=title>{title}</h1>",
        f"<p class=simulated>{escape(catalog.text('report.simulated'))}</p>" if scan.simulated else "",
        f"<div class=level style='background:{_hex(LEVEL_COLOUR[verdict.level])}'>",
        f"<h1>{escape(catalog.text(f'level.{verdict.level.value}'))}</h1>",
        f"<b>{escape(words.probability(verdict.probability)) if verdict.number_fits else ''}</b></div>",
        f"<p>{escape(catalog.text('report.share', share=caught))} ",
        escape(catalog.text("report.prior", prior=prior, log_lr=weight)),
        f"<p><b>{escape(catalog.text(verdict.advice.step))}</b>" if verdict.advice.step else "",
        _alarm(verdict, words),
        _where(scan, words),
        _reasons(verdict.contributions, words),
        _coverage(scan, words),
        _findings(scan, words),
        _blind(verdict, catalog),
        _screens(scan.screens, catalog),
        f"<p class=soft>{escape(catalog.text('report.limits'))}",
    ]
    return "\n".join(p for p in parts if p) + "\n"


def _alarm(verdict: Verdict, words: Wording) -> str:
    """Return the alarm that is kept and what came of it; nothing without one."""
    rows = "".join(f"<li>{escape(line)}" for line in words.alarm(verdict))
    return f"<ul>{rows}</ul>" if rows else ""


def _where(scan: Scan, words: Wording) -> str:
    """Return where each finding of an alarm was, a glint with a sketch of the camera's picture."""
    rows = ""
    for one in scan.whereabouts:
        said = escape(words.catalog.fill(*where_sentence(one)))
        rows += f"<li>{escape(words.catalog.text(f'sense.{one.sensor}'))}: {said}"
    if not rows:
        return ""
    sketches = "".join(
        f"<figure>{svg_of(m)}<figcaption class=soft>{escape(words.catalog.say(m.said))} "
        f"{for_html(position_words(m, words), limit=TITLE_LIMIT)}</figcaption></figure>"
        for m in marks_of(scan.whereabouts)
    )
    return f"<h2>{escape(words.catalog.text('paper.where'))}</h2><ul>{rows}</ul>{sketches}"


def _nats(log_lr: float, words: Wording) -> str:
    """Write a weight of evidence with its sign, as the report on paper does."""
    return f"{'+' if log_lr >= 0 else '−'}{write_decimal(abs(log_lr), words.locale, digits=2)}"


def _reasons(contributions: Sequence[Contribution], words: Wording) -> str:
    catalog = words.catalog
    rows = "".join(
        f"<tr><td>{escape(catalog.text(f'sense.{c.sensor}'))}"
        f"<td>{escape(catalog.fill(c.reason, c.params))}<td class=n>{_nats(c.log_lr, words)}"
        for c in contributions[:FINDINGS_SHOWN]
    )
    head = (
        f"<tr><th>{escape(catalog.text('report.sense'))}<th>{escape(catalog.text('report.reason'))}<th>log LR"
    )
    return f"<h2>{escape(catalog.text('report.why'))}</h2><table>{head}{rows}</table>" if rows else ""


def _coverage(scan: Scan, words: Wording) -> str:
    catalog = words.catalog
    read: Mapping[str, Counts] = {c.sensor: c for c in scan.counts}
    rows = []
    for name in SENSOR_NAMES:
        share = scan.verdict.coverage.get(name)
        bar = f"<div class=bar><i style='width:{100 * (share or 0):.0f}%'></i></div>"
        said = catalog.text("report.missing") if share is None else words.percent(share)
        dropped = sum(read[name].dropped.values()) if name in read else 0
        numbers = catalog.text("report.read", read=read[name].read, dropped=dropped) if name in read else ""
        cells = (escape(catalog.text(f"sense.{name}")), bar, escape(said), escape(numbers))
        rows.append("<tr>" + "".join(f"<td>{c}" for c in cells))
    return f"<h2>{escape(catalog.text('report.looked_at'))}</h2><table>{''.join(rows)}</table>"


def _findings(scan: Scan, words: Wording) -> str:
    """Return the verdict's findings with their scores, and how many other things were heard."""
    catalog = words.catalog
    found = [o for o in scan.observations if o.subject in scan.verdict.findings]
    named = sorted(_names(found, catalog), key=lambda row: (-row[0], row[1], row[2]))
    rows = ""
    for score, sensor, name in named[:FINDINGS_SHOWN]:
        said = for_html(name, limit=TITLE_LIMIT)
        likely = escape(words.probability(score))
        rows += f"<tr><td>{escape(catalog.text(f'sense.{sensor}'))}<td>{said}<td class=n>{likely}"
    title = escape(catalog.text("report.findings", count=len(named)))
    heard = escape(catalog.text("report.heard", count=len(scan.observations) - len(found)))
    return f"<h2>{title}</h2><table>{rows}</table><p class=soft>{heard}"


def _names(observations: Sequence[Observation], catalog: Catalog) -> Iterator[tuple[float, str, str]]:
    """Yield score, sensor and name of each thing."""
    for e in emissions_in(observations):
        yield e.camera_score, e.sensor, f"{e.center_hz / 1e6:.2f} MHz · {catalog.say(line_name(e))}"
    for d in devices_in(observations):
        yield d.camera_score, d.sensor, _masked(d.subject) + (f" · {d.called}" if d.called else "")
    for g in glints_in(observations):
        label = catalog.text(f"glint.{g.label}")
        yield g.camera_score, g.sensor, f"{label} · {g.x_px:.0f}, {g.y_px:.0f} px"


def _masked(address: str) -> str:
    """Keep the vendor half of an address: a bystander's device is not named on paper."""
    return address[:8] + ":··:··:··"


def _blind(verdict: Verdict, catalog: Catalog) -> str:
    rows = "".join(f"<li>{escape(catalog.text(key))}" for key in verdict.blind_to)
    return f"<h2>{escape(catalog.text('report.blind'))}</h2><ul>{rows}</ul>" if rows else ""


def _screens(screens: Sequence[Image.Image], catalog: Catalog) -> str:
    if not screens:
        return ""
    pictures = []
    for screen in screens:
        buffer = io.BytesIO()
        screen.save(buffer, "PNG")
        pictures.append(f"<img src='data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}'>")
    return f"<h2>{escape(catalog.text('report.screen'))}</h2><div class=screens>{''.join(pictures)}</div>"
