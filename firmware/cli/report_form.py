"""`ansim report form`: the form that a team files, as PDF and spreadsheet, and the page for the wall."""

from __future__ import annotations

from pathlib import Path

from firmware.errors import FirmwareError
from firmware.i18n.catalog import Catalog, Written
from firmware.inspection.site_plan import SiteHead, read_plan
from firmware.records.custody.errors import clear_errors
from firmware.records.model import Inspection
from firmware.records.reader import RecordReader
from firmware.records.resolutions import ListedResolution
from firmware.report.form_pdf import certificate_pdf, form_pdf
from firmware.report.form_xlsx import form_xlsx
from firmware.report.formatting import Wording
from firmware.report.inspection_form import FormHead, form_of, why_no_certificate

SITE = "site"  # the kind of record that a form is made of


def write_form(
    reader: RecordReader, name: str, *, site_file: Path | None, out: Path, certificate: bool, catalog: Catalog
) -> list[Path]:
    """Write the form of a site beside the page for the wall, and return the files.

    Raises
    ------
    FirmwareError
        The record is not one of a whole site, or a page for the wall was asked for that it has not earned.
    """
    stored = reader.stored(name)
    record = stored.inspection
    if record.kind != SITE:
        said = catalog.text("form.only_sites", record=Written(record.id))
        raise FirmwareError(str(said), hint=str(catalog.text("form.only_sites.hint")))
    refused = why_no_certificate(record) if certificate else ""
    if refused:
        raise FirmwareError(str(catalog.text(refused)))
    words = Wording(catalog)
    form = form_of(record, stored.entry, _head(site_file), words, came=_answers(reader, record))
    files = {"form": (".pdf", form_pdf(form)), "sheet": (".xlsx", form_xlsx(form))}
    if certificate:
        lines = [words.key("form.certificate.said"), form.sums[0], words.key("form.certificate.limit")]
        page = certificate_pdf(form, lines, word=words.key("form.certificate"))
        files["certificate"] = (".pdf", page)
    written = []
    for what, (ending, content) in files.items():
        path = out / f"ansim-{record.id}-{catalog.lang}-{what}{ending}"
        with clear_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        written.append(path)
    return written


def _head(site_file: Path | None) -> FormHead:
    head = SiteHead(name="-") if site_file is None else read_plan(site_file).site
    return FormHead(
        agency=head.agency, address=head.address, team=head.team, unit=head.unit, approval=head.approval
    )


def _answers(reader: RecordReader, record: Inspection) -> dict[str, ListedResolution]:
    """Return what came of the alarms of the site's cubicles."""
    wanted = {visit.record for visit in record.visits if visit.alarm}
    return {row.id: row.resolution for row in reader.listed() if row.id in wanted} if wanted else {}
