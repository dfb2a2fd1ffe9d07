"""The command on a small district: on screen, as DOCX, XLSX and JSON, and what is entered by hand."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import docx
import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from casework import CaseworkError, past
from casework.errors import AlreadyDone, NotFound
from casework.reports import ledgers
from casework.reports.period import Period
from huoyan.commands.reported import report_district
from huoyan.commands.reports import report
from store import Database
from tests.casework.city import build_city

TODAY = dt.date(2026, 6, 1)
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


@pytest.mark.parametrize(("ledger", "change", "refusal"), [
    ("licences", {"decided_on": "2026-06-02"}, "decided_on: 2026-06-02 is in the future"),
    ("licences", {"revoked_on": "2026-03-01"}, "revoked_on, 2026-03-01, lies before decided_on, 2026-03-02"),
    ("licences", {"kind": "Opening!"}, "kind is a code of a-z_, not 'Opening!'"),
    ("licences", {"granted": False, "e_licence_no": "E1"}, "not granted has no e_licence_no"),
    ("licences", {"licence_no": "X2", "e_licence_no": "E0"}, "e_licence_no is that of another licence"),
    ("reviews", {"reviewed_on": "2026-06-02"}, "reviewed_on: 2026-06-02 is in the future"),
    ("reviews", {"review_no": "P2"}, "this file was reviewed on that day before"),
    ("reviews", {"review_no": "P3", "reviewed_on": "2026-05-02", "reviewer": "B1"}, "officer B1 handled A1"),
    ("reviews", {"review_no": "P4", "reviewed_on": "2026-05-03", 
                 "defects": [{"class": "evidence", "code": "No photo"}]}, "code is a code of a-z0-9_., not 'No photo'"),
])
def test_what_a_ledger_can_not_take_is_one_sentence(db: Database, ledger: str, change: dict[str, Any],
                                                    refusal: str) -> None:
    build_city(db)
    with db.connection() as connection:
        past.load(connection, "cases", [{
            "case_no": "A1", "unit_no": "U2", "party": "organisation", "regime": "own", "procedure": "ordinary",
            "article": "60", "facts": "x", "officers": ["B1", "B2"], "offence_on": TODAY, "life_safety": False,
            "filed_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "filed_on": dt.date(2026, 1, 1), "standing": "closed",
            "closed_on": dt.date(2026, 2, 1)}])
    entry = {"licences": {"licence_no": "X1", "unit_no": "U1", "kind": "opening", "route": "ordinary",
                          "decided_on": "2026-03-02", "granted": True},
             "reviews": {"review_no": "P1", "noun": "case", "ref": "A1", "area_code": "990101",
                         "reviewed_on": "2026-05-01", "reviewer": "B4", "qualified": True}}[ledger]
    first = {**entry, "licence_no": "X0", "e_licence_no": "E0"} if ledger == "licences" else entry
    ledgers.enter(db, ledger, first, "test", today=TODAY)
    with pytest.raises(CaseworkError, match=re.escape(refusal)):
        ledgers.enter(db, ledger, {**entry, **change}, "test", today=TODAY)


def test_a_review_is_entered_once_with_its_defects_and_leaves_a_line(db: Database) -> None:
    with db.connection() as connection:
        connection.execute("insert into areas (area_code, level, name_zh) values ('990000', 'city', '市')")
    form = {"review_no": "P1", "noun": "case", "ref": "A20240101-0001", "area_code": "990000",
            "reviewed_on": "2024-05-06", "reviewer": "甲", "qualified": False, "transferred_to": "纪检监察",
            "defects": [{"class": "evidence", "code": "no_photo"}, {"class": "documents", "code": "form_blank"}]}
    assert ledgers.enter(db, "reviews", form, "test", today=TODAY) == "P1"
    with pytest.raises(AlreadyDone, match="P1 was entered before"):
        ledgers.enter(db, "reviews", form, "test", today=TODAY)
    with pytest.raises(CaseworkError, match="'shape'|shape is no field"):
        ledgers.enter(db, "reviews", {**form, "shape": 1}, "test", today=TODAY)
    with pytest.raises(NotFound, match="not in the register"):
        ledgers.enter(db, "courses", {"course_no": "K1", "area_code": "990199", "held_on": "2024-01-01", "topic": "x",
                                      "attendees": 3}, "test", today=TODAY)
    assert len(db.rows("select * from case_review_defects")) == 2
    assert [row["entity"] for row in db.rows("select entity from audit_log")] == ["review"]
