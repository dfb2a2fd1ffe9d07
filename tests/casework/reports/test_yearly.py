"""The yearly report: the 24 items of one published report from its rows, their relations, its sentences."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable

import pytest

from casework.reports.counting import count
from casework.reports.figures import STATEMENTS, defined
from casework.reports.identities import Relation, checked
from casework.reports.period import Period
from casework.reports.report import Report, report, scope
from casework.reports.rows import rows
from huoyan.embedded.reported import load_reported
from simulators.errors import SimulatorError
from simulators.reported import Targets, generate
from store import Database
from store.database import Connection
from tests.casework.reports.conftest import AS_OF
from tests.servers.databases import Server

# Item, figure, number and unit, as published (重庆市渝北区消防救援局 2024).
PUBLISHED = (
    ("1", "officers_sent", 9_858, "人次"), ("2", "inspections", 4_929, "份"), ("3", "hazards_found", 2_838, "处"),
    ("4", "hazards_corrected", 2_792, "处"), ("5", "notices", 2_476, "份"), ("6", "major_notices", 7, "份"),
    ("7", "major_corrected", 6, "件"), ("8", "complaints", 1_283, "件"), ("9", "licences", 619, "件"),
    ("10", "penalties", 521, "件"), ("11", "units_stopped", 36, "家"), ("12", "units_sealed", 4, "家"),
    ("13", "fires", 484, "件"), ("13a", "fires_ordinary", 18, "件"), ("13b", "fires_simple", 120, "件"),
    ("13c", "fires_minor", 346, "件"), ("14", "transfers", 1, "份"), ("15", "people_reached", 100_000, "人次"),
    ("16", "drafting_courses", 4, "场次"), ("17", "town_posts", 34, "名"), ("18", "agreements", 22, "个"),
    ("19", "joint_inspections", 300, "次"), ("20", "town_units", 7_982, "家"),
    ("21", "town_hazards_found", 9_829, "处"),
    ("22", "town_hazards_corrected", 9_062, "处"), ("23", "empowered_cases", 280, "起"),
    ("23a", "empowered_ordinary", 80, "起"), ("23b", "empowered_simple", 200, "起"),
    ("24", "delegated_cases", 70, "起"), ("24a", "delegated_ordinary", 50, "起"), ("24b", "delegated_simple", 20, "起"))
YEAR = Period.named("yearly", "2024")


def yearly(connection: Connection, **given: object) -> Report:
    return report(connection, "yearly", YEAR, as_of=AS_OF, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def told(reported: Database) -> Report:
    with reported.connection() as connection:
        return yearly(connection)


@pytest.mark.row(168, 177, 180, 181, 182, 183)
def test_the_record_of_the_district_gives_every_published_number_with_its_unit(told: Report) -> None:
    assert [(told.lines[code].figure.item, code, told.lines[code].now.value, told.lines[code].figure.unit)
            for _item, code, _value, _unit in PUBLISHED] == list(PUBLISHED)


@pytest.mark.row(84, 168)
def test_the_relations_hold_and_an_exact_two_is_worth_a_look(told: Report) -> None:
    found = {one.code: one for one in told.relations}
    assert [found[code].formula for code in ("two_officers", "fires_add", "empowered_add", "delegated_add",
                                             "agreements_towns")] == [
        "9,858 = 2 × 4,929", "484 = 18 + 120 + 346", "280 = 80 + 200", "70 = 50 + 20", "22 = 22"]
    assert all(one.holds for one in told.relations)
    assert [one.code for one in told.relations if one.look] == ["two_officers"]
    assert (found["corrected_found"].difference, found["town_corrected_found"].difference) == (-46, -767)
    assert f"{found['corrected_found'].share:.2%}" == "98.38%"


def test_what_was_written_about_another_day_or_no_more_stands_is_not_counted(told: Report) -> None:
    # Units visited again, measures imposed again, an annulled penalty, refused licences, open complaints, an ended
    # agreement and a post that was left are all in the record.
    assert told.lines["town_units"].now.rows == 7_982
    assert told.lines["people_reached"].now.rows < 300
    assert {code: line.year_ago.value for code, line in told.lines.items() if line.year_ago.value} == {"agreements": 1}


@pytest.mark.parametrize("code", [code for _item, code, _value, _unit in PUBLISHED])
def test_a_number_is_the_sum_of_the_rows_that_it_links_to(trial: Connection, told: Report, code: str) -> None:
    figure, total, after = told.lines[code].figure, 0, None
    while True:
        page = rows(trial, figure, YEAR, None, AS_OF, after=after, limit=20_000)
        total += sum(row["weight"] for row in page.rows)
        after = page.after
        if after is None:
            break
    assert total == told.lines[code].now.value


def test_pages_of_rows_follow_each_other_without_gap_or_repetition(trial: Connection) -> None:
    figure = defined(YEAR.last)["penalties"]
    seen: list[str] = []
    after = None
    while True:
        page = rows(trial, figure, YEAR, None, AS_OF, after=after, limit=97)
        seen += [row["ref"] for row in page.rows]
        after = page.after
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 521


CHANGES = (
    ("officers_sent", -1, "delete from inspection_officers where (inspection_id, officer_no) = "
     "(select inspection_id, officer_no from inspection_officers join inspections using (inspection_id) "
     "where officer_no like 'RB%%' limit 1)"),
    ("hazards_found", -1, "update hazards set found_on = '2023-12-31' where hazard_id = (select hazard_id from hazards "
     "join inspections using (inspection_id) where inspection_no like 'RJ%%' and corrected_on is null limit 1)"),
    ("fires_minor", 1, "update fires set procedure = 'minor' where fire_id = "
     "(select fire_id from fires where procedure = 'simple' limit 1)"),
    ("complaints", 1, "update complaints set checked_at = '2024-12-31T15:59:59Z' where complaint_id = "
     "(select complaint_id from complaints where checked_at is null limit 1)"),
    ("complaints", 0, "update complaints set checked_at = '2024-12-31T16:00:00Z' where complaint_id = "
     "(select complaint_id from complaints where checked_at is null limit 1)"),
    ("agreements", -1, "update agreements set ended_on = '2024-12-31', ended_why = 'x' where agreement_id = "
     "(select agreement_id from agreements where regime = 'delegated' and to_day = '2024-12-31' limit 1)"),
    # As the record of past years brings it in: without steps.
    ("transfers", 1, "update cases set standing = 'transferred', closed_on = '2024-12-31' where case_id = "
     "(select case_id from cases c where not exists (select from enforcement_steps where ref = c.case_no) limit 1)"),
    ("penalties", 1, "update penalties set withdrawn_on = '2025-01-02' where withdrawn_on is not null"),
    ("town_posts", -1, "update town_posts set to_day = '2024-12-30' where post_no = 'RP00003'"),
    ("units_sealed", 0, "insert into measures (measure_no, kind, unit_id, area_code, path, ground, scope, officers, "
     "began_at, began_on, until_on, entered_by) select 'again', kind, unit_id, area_code, path, ground, scope, "
     "officers, began_at, began_on, until_on, 'x' from measures where kind = 'seal' limit 1"))


def agreements_towns(connection: Connection, told: Report) -> Relation:
    """That relation, counted anew."""
    lines = {code: line.now.value for code, line in told.lines.items()}
    for code in ("empowered_agreed", "empowered_towns"):
        lines[code] = count(connection, [told.lines[code].figure], YEAR, None, AS_OF)[code].value
    return next(one for one in checked(lines, YEAR.last) if one.code == "agreements_towns")


@pytest.mark.parametrize(("code", "by", "change"), CHANGES)
def test_the_report_follows_one_changed_row(trial: Connection, told: Report, code: str, by: int, change: str) -> None:
    trial.execute(change)
    after = count(trial, [told.lines[code].figure], YEAR, None, AS_OF)[code].value
    assert after - told.lines[code].now.value == by
    relations = {one.code: one for one in checked({**{key: line.now.value for key, line in told.lines.items()},
                                                   code: after}, YEAR.last)}
    if code == "officers_sent":
        relation = relations["two_officers"]
        assert (relation.holds, relation.difference, relation.look) == (False, -1, False)
    if code == "agreements":
        relation = agreements_towns(trial, told)
        assert (relation.formula, relation.holds, relation.difference) == ("21 = 22", False, -1)


def test_agreements_of_other_towns_do_not_make_up_for_those_of_empowered_ones(trial: Connection, told: Report) -> None:
    trial.execute("insert into areas (area_code, name_zh, level, parent_code) select '980101999', '别镇', level, "
                  "parent_code from areas join agreements on town_code = area_code limit 1")
    trial.execute("update agreements set town_code = '980101999' where agreement_id = (select agreement_id from "
                  "agreements where regime = 'delegated' and to_day = '2024-12-31' limit 1)")
    counted = count(trial, [told.lines["agreements"].figure], YEAR, None, AS_OF)
    assert counted["agreements"].value == told.lines["empowered_towns"].now.value == 22
    relation = agreements_towns(trial, told)
    assert (relation.formula, relation.holds) == ("21 = 22", False)


def test_a_sentence_that_no_row_supports_is_left_out(trial: Connection, told: Report) -> None:
    texts = [one["zh"] for section in told.sentences.values() for one in section]
    assert "临时查封单位4家。" in texts
    assert "下发案件移送通知书1份。" in texts
    assert "本期发现的隐患仍有46处未整改，已整改98.38%。" in texts
    trial.execute("delete from measures where kind = 'seal'")
    trial.execute("delete from drafting_courses")
    trial.execute("update hazards set corrected_on = found_on where corrected_on is null")
    after = yearly(trial).sentences
    assert "problems" not in after
    left = {one["zh"] for section in after.values() for one in section}
    assert {"临时查封单位4家。", "举办文书制作专题培训4场次。"} <= set(texts) - left


def test_a_year_under_way_is_held_against_as_many_days_of_the_year_before(trial: Connection) -> None:
    today = dt.date(2025, 3, 10)
    told = report(trial, "yearly", Period.named("yearly", "2025"), as_of=today, today=today)
    part = Period(dt.date(2024, 1, 1), dt.date(2024, 3, 10))
    figure = told.lines["inspections"].figure
    same = count(trial, [figure], part, None, AS_OF)["inspections"].value
    assert 0 < told.lines["inspections"].year_ago.value == same
    assert told.so_far is not None
    assert "统计至 2025-03-10；上年同期统计 2024-01-01 至 2024-03-10" in told.so_far["zh"]
    assert yearly(trial).so_far is None


def test_a_year_that_has_not_begun_says_so_and_claims_no_fall(trial: Connection) -> None:
    today = dt.date(2024, 12, 30)
    told = report(trial, "yearly", Period.named("yearly", "2025"), as_of=today, today=today)
    assert {line.change for line in told.lines.values()} == {None}
    assert told.so_far is not None
    assert told.so_far["en"] == "The period begins on 2025-01-01: on 2024-12-30 there is nothing to count yet."


def test_what_was_found_a_year_before_had_as_long_to_be_corrected(trial: Connection) -> None:
    trial.execute("update hazards set corrected_on = '2025-02-01' where hazard_id = (select hazard_id from hazards "
                  "join inspections using (inspection_id) "
                  "where inspection_no like 'RJ%%' and corrected_on is null limit 1)")
    year = Period.named("yearly", "2025")
    soon, late = (report(trial, "yearly", year, as_of=day, today=day).lines["hazards_cohort"].year_ago.value
                  for day in (dt.date(2026, 1, 31), dt.date(2026, 2, 2)))
    assert late - soon == 1


def test_a_month_under_way_is_held_against_as_many_days_of_the_month_before() -> None:
    month, today = Period.named("monthly", "2025-03"), dt.date(2025, 3, 10)
    assert month.before("monthly").so_far(today, month).last == dt.date(2025, 2, 10)
    assert month.year_ago("monthly").so_far(today, month).last == dt.date(2024, 3, 10)
    quarter = Period.named("quarterly", "2025Q2")
    assert quarter.before("quarterly").so_far(dt.date(2025, 6, 30), quarter).last == dt.date(2025, 3, 31)
    leap = Period.named("yearly", "2024")
    assert leap.year_ago("yearly").so_far(dt.date(2024, 2, 29), leap).last == dt.date(2023, 2, 28)


def test_records_and_units_are_never_one_number(told: Report) -> None:
    by_unit = {line.figure.code: line.figure.unit for line in told.lines.values()}
    for relation in told.relations:
        if relation.op == "=" and len(relation.right) > 1:
            assert len({by_unit[code] for code in (relation.left, *relation.right)}) == 1


def test_the_report_of_a_town_counts_its_own_and_towns_add_up(trial: Connection, told: Report) -> None:
    towns = [row["area_code"] for row in trial.execute("select area_code from areas where level = 'town'")]
    figure = told.lines["town_units"].figure
    parts = [count(trial, [figure], YEAR, scope(trial, town, None)[0], AS_OF)["town_units"].value for town in towns[:3]]
    assert all(0 < part < 500 for part in parts)
    total = trial.execute("select count(distinct unit_id) as n from inspections join units using (unit_id) "
                          "where unit_no like 'RU%%' and area_code = any(%s)", [towns[:3]]).fetchone()
    assert total is not None
    assert sum(parts) == total["n"]


def test_an_officer_who_changes_body_moves_no_past_number(trial: Connection, told: Report) -> None:
    trial.execute("update officers set body = 'town' where officer_no like 'RB%%'")
    line = told.lines["inspections"]
    assert count(trial, [line.figure], YEAR, None, AS_OF)["inspections"].value == line.now.value


def test_whose_visit_it_was_stands_on_the_visit_its_hazards_and_its_orders(trial: Connection) -> None:
    one = trial.execute(
        "select inspection_id, unit_id from inspections join hazards using (inspection_id, unit_id)"
        " join orders using (inspection_id, unit_id) where inspection_no like 'RJ%%' limit 1").fetchone()
    assert one is not None

    def told() -> set[tuple[int | None, int | None, str, str]]:
        return {(row["staff"], row["staff_bodies"], row["found"], row["ordered"]) for row in trial.execute(
            "select staff, staff_bodies, h.staff_body as found, o.staff_body as ordered from inspections i"
            " join hazards h using (inspection_id) join orders o using (inspection_id)"
            " where inspection_id = %s and h.staff_body = i.staff_body", [one["inspection_id"]])}

    town = trial.execute("select officer_no from officers where body = 'town' limit 1").fetchone()
    assert town is not None
    assert told() == {(2, 1, "brigade", "brigade")}
    trial.execute("insert into inspection_officers values (%s, %s, 'member')",
                  [one["inspection_id"], town["officer_no"]])
    assert told() == {(3, 2, "brigade", "brigade")}
    trial.execute("delete from inspection_officers where inspection_id = %s and officer_no <> %s",
                  [one["inspection_id"], town["officer_no"]])
    assert told() == {(1, 1, "town", "town")}
    trial.execute("insert into hazards (inspection_id, unit_id, item_code, severity, found_on, handling) values"
                  " (%s, %s, 'later', 'minor', '2024-05-05', 'recorded')", [one["inspection_id"], one["unit_id"]])
    assert told() == {(1, 1, "town", "town")}
    # Nobody on record: the visit counts as the brigade's, with no officers sent.
    trial.execute("delete from inspection_officers where inspection_id = %s", [one["inspection_id"]])
    assert told() == {(None, None, "brigade", "brigade")}


OTHERS = Targets(
    officers_sent=1_301, inspections=600, hazards_found=700, hazards_corrected=731, carried=50, notices=650,
    major_notices=2, major_corrected=3, complaints=40, licences=33, penalties=1, units_stopped=7, units_sealed=0,
    fires_ordinary=0, fires_simple=9, fires_minor=4, transfers=3, people_reached=1_234, drafting_courses=0,
    town_posts=5, agreements=3, empowered_towns=4, joint_inspections=17, town_units=250, town_hazards_found=301,
    town_hazards_corrected=300, town_carried=13, empowered_ordinary=2, empowered_simple=0, delegated_ordinary=0,
    delegated_simple=1)


def test_other_numbers_another_year_and_the_year_before_come_out_as_well(servers: Callable[[str], Server]) -> None:
    smaller = dataclasses.replace(OTHERS, inspections=300, officers_sent=600, town_units=100, hazards_found=20,
                                  hazards_corrected=20, carried=0, town_hazards_found=5, town_hazards_corrected=5,
                                  town_carried=0, penalties=30)
    with servers("embedded").migrated() as url, Database(url, max_size=2) as db:
        load_reported(db, generate(3, OTHERS, year=2021, before=smaller))
        with db.connection() as connection:
            told = report(connection, "yearly", Period.named("yearly", "2021"), as_of=dt.date(2022, 2, 1))
    names = [one.name for one in dataclasses.fields(Targets) if not one.name.endswith("carried")]
    assert {name: told.lines[name].now.value for name in names} == {name: getattr(OTHERS, name) for name in names}
    assert (told.lines["penalties"].year_ago.value, told.lines["inspections"].year_ago.value) == (30, 305)
    assert told.lines["hazards_corrected"].now.forms["found_before"] == 50
    assert told.lines["hazards_cohort"].now.value == 681
    relations = {one.code: one for one in told.relations}
    assert not relations["two_officers"].holds
    assert relations["two_officers"].difference == 101
    assert not relations["corrected_found"].holds
    assert relations["cohort_found"].holds
    assert (relations["agreements_towns"].holds, relations["agreements_towns"].difference) == (False, -1)
    assert "drafting_courses" not in str(told.sentences)


def test_a_target_that_no_record_can_give_is_one_sentence() -> None:
    with pytest.raises(SimulatorError, match="hazards_found must not be above 12 an inspection"):
        Targets(inspections=10, officers_sent=20, joint_inspections=0, hazards_found=121)
    with pytest.raises(SimulatorError, match="colour is no target"):
        Targets.of({"colour": 3})


def test_every_figure_has_a_statement_a_period_rule_and_a_definition_in_both_languages() -> None:
    figures = defined(dt.date(2026, 1, 1))
    for figure in figures.values():
        assert STATEMENTS[figure.rows]
        assert figure.definition_zh
        assert figure.definition_en
        assert figure.unit in ("份", "家", "处", "件", "起", "人次", "次", "场次", "名", "个")
