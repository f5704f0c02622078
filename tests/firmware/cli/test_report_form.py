"""The command writes the form of a site from its record and the site file, and refuses what is not earned."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.i18n.catalog import catalog_for
from firmware.records.model import Inspection
from firmware.records.store import RecordStore
from tests.firmware.records.rooms import inspection
from tests.firmware.report.site_record import KEY, alarmed_site, quiet_site

PLAN = """
[site]
name = "서울역"
agency = "서울특별시 ○○구청"
unit = "AS-0007"
approval = ["담당", "국장"]
[[room]]
name = "2층 여자 화장실"
cubicles = 6
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "site.toml").write_text(PLAN, encoding="utf-8")
    return tmp_path


def form(folder: Path, record: Inspection, *more: str) -> Result:
    with RecordStore(folder / "records") as store:
        store.append(record)
    base = ["report", "form", record.id, "--records", str(folder / "records"), "--out", str(folder / "out")]
    return CliRunner().invoke(app, [*base, "--lang", "ko", *more])


def test_a_site_gets_its_form_with_the_agency_s_fields(folder: Path) -> None:
    done = form(folder, alarmed_site(), "--site-file", str(folder / "site.toml"))
    assert done.exit_code == 0, done.output
    written = sorted(path.name for path in (folder / "out").iterdir())
    assert written == ["ansim-site-0000-ko-form.pdf", "ansim-site-0000-ko-sheet.xlsx"]
    book = openpyxl.load_workbook(io.BytesIO((folder / "out" / written[1]).read_bytes()))
    cells = {cell for row in book.active.iter_rows(values_only=True) for cell in row}
    assert {"서울특별시 ○○구청", "AS-0007", "국장", "카메라 의심"} <= cells


def test_the_page_for_the_wall_is_made_only_where_it_is_earned(folder: Path) -> None:
    refused = form(folder, alarmed_site(), "--certificate")
    assert refused.exit_code == 1
    said = "".join(refused.output.split())
    assert "".join(catalog_for("ko").text("form.certificate.alarm").split()) in said
    assert not (folder / "out").exists()


def test_a_quiet_site_gets_the_page_for_the_wall(folder: Path) -> None:
    done = form(folder, quiet_site(), "--certificate")
    assert done.exit_code == 0, done.output
    assert (folder / "out" / "ansim-site-0000-ko-certificate.pdf").read_bytes().startswith(b"%PDF")


def test_the_record_of_one_cubicle_is_no_site(folder: Path) -> None:
    refused = form(folder, inspection(KEY, "room-0001"))
    assert refused.exit_code == 1
    assert "room-0001" in refused.output
