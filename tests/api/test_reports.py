"""Reports on page and through REST: a number is its rows, each account counts its own areas, files open."""

from __future__ import annotations

import io

import docx
import pytest
from openpyxl import load_workbook

from tests.api.conftest import House

YEAR = {"kind": "yearly", "first": "2025-01-01", "last": "2026-12-31"}
_WITH_ROWS = "first=2025-01-01&last=2026-12-31"


def test_a_number_is_what_its_link_lists_and_each_account_counts_its_areas(shown: House) -> None:
    everyone = shown.client("administrator").get("/api/v1/reports", params=YEAR).json()
    ours = shown.client("brigade").get("/api/v1/reports", params=YEAR).json()
    counted = 0
    for told, who in ((everyone, "administrator"), (ours, "brigade")):
        for figure in told["figures"]:
            address = f"/api/v1/reports/figures/{figure['code']}/rows?limit=1000&{_WITH_ROWS}"
            listed = shown.client(who).get(address).json()
            assert listed["next"] is None
            assert sum(row["weight"] for row in listed["rows"]) == figure["value"]
            counted += figure["value"]
    assert counted > 0
    by_code = {one["code"]: one["value"] for one in everyone["figures"]}
    assert {one["code"]: one["value"] for one in ours["figures"]}["inspections"] < by_code["inspections"]
    assert shown.client("brigade").get("/api/v1/reports?area=990102").status_code == 404


def test_the_page_links_each_number_to_its_rows_and_says_which_rule(shown: House) -> None:
    client = shown.client("administrator")
    page = client.get("/reports", params={**YEAR, "lang": "zh"}).text
    assert "/reports/rows/inspections?first=2025-01-01&amp;last=2026-12-31" in page
    assert "期间口径与定义" in page
    assert "送达之日在期间内的责令立即改正和责令限期改正通知书" in page
    rows = client.get(f"/reports/rows/inspections?{_WITH_ROWS}").text
    assert 'href="/inspections/' in rows
    first = client.get(f"/reports/rows/inspections?{_WITH_ROWS}&limit=1")
    assert 'rel="next"' in first.text


def test_files_open_and_hold_what_the_page_holds(shown: House) -> None:
    client = shown.client("administrator")
    value = {one["code"]: one["value"] for one in client.get("/api/v1/reports", params=YEAR).json()["figures"]}
    written = client.get("/api/v1/reports/file/xlsx", params=YEAR)
    assert 'filename="yearly-2025-01-01.xlsx"' in written.headers["content-disposition"]
    sheet = load_workbook(io.BytesIO(written.content))["指标表"]
    cells = {row[1].value.strip(): row for row in sheet.iter_rows(min_row=2)}
    assert (cells["消防监督检查"][2].value, cells["消防监督检查"][3].value) == (value["inspections"], "份")
    assert cells["消防监督检查"][-1].hyperlink.target.startswith(shown.address)
    document = docx.Document(io.BytesIO(client.get("/api/v1/reports/file/docx", params={**YEAR, "lang": "en"}).content))
    assert document.paragraphs[0].text.startswith("Yearly report on enforcement")


def test_officers_are_shown_to_those_who_lead_them_only(shown: House) -> None:
    told = shown.client("brigade").get("/api/v1/reports/officers", params=YEAR).json()
    assert told
    assert {one["body"] for one in told} == {"brigade"}
    assert all(one["visits_with_hazard"] <= one["visits"] for one in told)
    assert shown.client("officer").get("/api/v1/reports/officers").status_code == 403


@pytest.mark.parametrize(("query", "sentence"), [
    ("kind=quarterly&period=2026", "'2026' is no period of a quarterly report: write it as 2024Q3"),
    ("first=2026-05-01&last=2026-04-01", "the period ends on 2026-04-01, before it begins on 2026-05-01")])
def test_a_period_that_is_none_is_one_sentence(shown: House, query: str, sentence: str) -> None:
    answer = shown.client("brigade").get(f"/api/v1/reports?{query}")
    assert (answer.status_code, answer.json()["error"]) == (400, sentence)
    assert shown.client("brigade").get(f"/api/v1/reports/figures/none/rows?{_WITH_ROWS}").status_code == 404


@pytest.mark.row(41, 177, 180, 181)
def test_what_only_reports_count_is_entered_and_counted_the_same_moment(house: House) -> None:
    client = house.client("administrator")
    entries = {
        "licences": {"licence_no": "L1", "unit_no": "U0001", "kind": "opening", "route": "promise",
                     "decided_on": "2026-05-06", "granted": True, "e_licence_no": "E1"},
        "education": {"event_no": "E1", "area_code": "990101001", "held_on": "2026-05-06", "kind": "drill",
                      "topic": "疏散演练", "audience": 120},
        "courses": {"course_no": "K1", "area_code": "990101", "held_on": "2026-05-06", "topic": "文书", "attendees": 9},
        "posts": {"post_no": "P1", "town_code": "990101001", "holder": "甲", "from_day": "2026-01-01"}}
    for ledger, entry in entries.items():
        assert client.post(f"/api/v1/report-ledgers/{ledger}", json=entry).status_code == 201, ledger
    again = client.post("/api/v1/report-ledgers/licences", json=entries["licences"])
    assert (again.status_code, again.json()["error"]) == (409, "L1 was entered before")
    value = {one["code"]: one["value"] for one in client.get("/api/v1/reports", params=YEAR).json()["figures"]}
    assert [value[code] for code in ("licences", "people_reached", "drafting_courses", "town_posts")] == [1, 120, 1, 1]
    outside = house.client("brigade").post("/api/v1/report-ledgers/courses", json={
        **entries["courses"], "course_no": "K2", "area_code": "990102"})
    assert outside.status_code == 403
    assert house.client("town").post("/api/v1/report-ledgers/courses", json=entries["courses"]).status_code == 403


@pytest.mark.row(115)
@pytest.mark.parametrize(("qualified", "handed_to", "status"), [
    (False, None, 400), (False, "纪检监察", 201), (True, "纪检监察", 400), (True, None, 201)])
def test_a_file_that_did_not_pass_is_handed_on_and_no_other(house: House, qualified: bool, handed_to: str | None,
                                                            status: int) -> None:
    answer = house.client("administrator").post("/api/v1/report-ledgers/reviews", json={
        "review_no": "V1", "noun": "case", "ref": "A1", "area_code": "990101001", "reviewed_on": "2026-05-06",
        "reviewer": "法制员", "qualified": qualified, "transferred_to": handed_to, "defects": []})
    assert answer.status_code == status, answer.text


@pytest.mark.row(27, 185, 186)
def test_reviews_of_files_give_the_defects_of_each_town_by_class(house: House) -> None:
    client = house.client("administrator")
    for number, (town, classes) in enumerate((("990101001", ["documents"]), ("990101001", ["documents", "procedure"]),
                                              ("990101002", []), ("990102001", ["evidence", "evidence"]))):
        answer = client.post("/api/v1/report-ledgers/reviews", json={
            "review_no": f"V{number}", "noun": "case", "ref": f"A{number}", "area_code": town,
            "reviewed_on": "2026-05-06", "reviewer": "法制员", "qualified": not classes,
            "defects": [{"class": kind, "code": f"defect{place}"} for place, kind in enumerate(classes)],
            "transferred_to": "纪检" if classes else None})
        assert answer.status_code == 201, answer.text
    told = client.get("/api/v1/reports?kind=quarterly&period=2026Q2").json()
    value = {one["code"]: one["value"] for one in told["figures"]}
    assert [value[code] for code in ("reviews", "reviews_qualified", "defects_documents", "defects_evidence",
                                     "defects_procedure", "reviews_transferred")] == [4, 1, 2, 1, 1, 3]
    towns = {town["area_code"]: town["values"] for town in told["towns"]}
    assert (towns["990101001"]["defects_documents"], towns["990102001"]["defects_evidence"]) == (2, 1)
    assert "评查案卷4件，合格1件，合格率25.00%。" in str(told["sentences"])
    assert "评查案卷" in client.get("/reports?kind=quarterly&period=2026Q2&lang=zh").text
