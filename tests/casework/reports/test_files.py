"""The command on a small district: on screen, as DOCX, XLSX and JSON, and what is entered by hand."""

from __future__ import annotations

import json
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from casework import CaseworkError
from casework.errors import AlreadyDone, NotFound
from casework.reports import ledgers
from casework.reports.period import Period
from huoyan.commands.reported import report_district
from huoyan.commands.reports import report
from store import Database

SMALL = {"officers_sent": 61, "inspections": 30, "hazards_found": 20, "hazards_corrected": 18, "notices": 12,
         "complaints": 9, "licences": 5, "penalties": 4, "units_stopped": 2, "units_sealed": 0, "fires_ordinary": 1,
         "fires_simple": 2, "fires_minor": 3, "people_reached": 4321, "drafting_courses": 1, "town_posts": 3,
         "agreements": 3, "empowered_towns": 3, "joint_inspections": 4, "town_units": 25, "town_hazards_found": 30,
         "town_hazards_corrected": 21, "empowered_ordinary": 12, "empowered_simple": 10, "delegated_ordinary": 2,
         "delegated_simple": 1}


def run(command: object, dsn: str, *arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), standalone_mode=False,  # type: ignore[arg-type]
                              env={"HUOYAN_DATABASE_URL": dsn, "HUOYAN_LOG_LEVEL": "error", "COLUMNS": "200"})


def test_a_district_is_loaded_and_its_report_written_in_every_form(dsn: str, tmp_path: Path) -> None:
    targets = tmp_path / "targets.json"
    targets.write_text(json.dumps(SMALL), encoding="utf-8")
    loaded = run(report_district, dsn, "--year", "2023", "--targets", str(targets))
    assert loaded.exception is None, loaded.output
    refused = run(report_district, dsn)
    assert "the database holds units already" in str(refused.exception)

    shown = run(report, dsn, "yearly", "--year", "2023")
    assert shown.exception is None
    for words in ("2023年度行政执法总体情况报告", "4,321", "61 = 2 × 30", "不成立", "仍有2处未整改"):
        assert words in shown.output

    written = {kind: tmp_path / f"report.{kind}" for kind in ("docx", "xlsx", "json")}
    for path in written.values():
        assert run(report, dsn, "yearly", "--year", "2023", "--out", str(path)).exception is None
    told = {one["code"]: one for one in json.loads(written["json"].read_text(encoding="utf-8"))["figures"]}
    assert {code: told[code]["value"] for code in SMALL} == SMALL

    sheet = load_workbook(written["xlsx"])["指标表"]
    cells = {row[1].strip(): (row[2], row[3]) for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert cells["出动执法人员"] == (61, "人次")
    assert cells["镇街检查社会单位"] == (25, "家")
    document = docx.Document(str(written["docx"]))
    assert document.paragraphs[0].text == "2023年度行政执法总体情况报告"
    texts = "".join(paragraph.text for paragraph in document.paragraphs)
    assert "全年出动执法人员61人次，形成消防监督检查记录30份" in texts
    assert "查封" not in texts
    table = document.tables[0]
    assert [cell.text for cell in table.rows[1].cells][:4] == ["1", "出动执法人员", "61", "人次"]

    rows = run(report, dsn, "rows", "fires", "--from", "2023-01-01", "--to", "2023-12-31")
    assert len(rows.output.splitlines()) == 6
    quarter = run(report, dsn, "quarterly", "--from", "2023-01-01", "--to", "2023-12-31")
    assert "评查案卷5件" in quarter.output
    assert "各镇街情况" in quarter.output
    month = run(report, dsn, "monthly", "--month", "2023-07", "--lang", "en")
    assert month.exception is None
    assert "Monthly situation" in month.output or "2023年7月" in month.output


def test_what_a_file_can_not_be_is_one_sentence(dsn: str) -> None:
    refused = run(report, dsn, "yearly", "--year", "2023", "--out", "report.pdf")
    assert str(refused.exception).endswith(".docx, .xlsx or .json")
    with pytest.raises(CaseworkError, match="write it as 2024Q3"):
        Period.named("quarterly", "2024Q5")


def test_a_review_is_entered_once_with_its_defects_and_leaves_a_line(db: Database) -> None:
    with db.connection() as connection:
        connection.execute("insert into areas (area_code, level, name_zh) values ('990000', 'city', '市')")
    form = {"review_no": "P1", "noun": "case", "ref": "A20240101-0001", "area_code": "990000",
            "reviewed_on": "2024-05-06", "reviewer": "甲", "qualified": False, "transferred_to": "纪检监察",
            "defects": [{"class": "evidence", "code": "no_photo"}, {"class": "documents", "code": "form_blank"}]}
    assert ledgers.enter(db, "reviews", form, "test") == "P1"
    with pytest.raises(AlreadyDone, match="P1 was entered before"):
        ledgers.enter(db, "reviews", form, "test")
    with pytest.raises(CaseworkError, match="'shape'|shape is no field"):
        ledgers.enter(db, "reviews", {**form, "shape": 1}, "test")
    with pytest.raises(NotFound, match="not in the register"):
        ledgers.enter(db, "courses", {"course_no": "K1", "area_code": "990199", "held_on": "2024-01-01", "topic": "x",
                                      "attendees": 3}, "test")
    assert len(db.rows("select * from case_review_defects")) == 2
    assert [row["entity"] for row in db.rows("select entity from audit_log")] == ["review"]
