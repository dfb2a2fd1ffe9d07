"""A notice before a listing that was served, and a repair that was accepted."""

from __future__ import annotations

from typing import Any

import casework.bulk
import casework.past
from casework.credit_record import exclusions, notices, publicity, repairs
from huoyan.embedded.in_hand.scene import DUTY, Scene, q
from policy import rules


def lay(scene: Scene) -> None:
    """Lay the notice and the repair."""
    _notice(scene)
    _repair(scene)


def _notice(scene: Scene) -> None:
    row = scene.db.row(q["overdue"], {"day": scene.day(3)})
    unit = row["unit_no"] if row else scene.take().unit_no
    told = {"refs": [row["order_no"]], "facts": f"责令改正通知书 {row['order_no']} 限期 {row['correct_by']} 改正，"
                                                "复查时仍未改正"} if row else {"facts": "逾期未改正火灾隐患"}
    number = notices.issue(scene.db, {"unit_no": unit, "list": "general", "ground": "not_corrected",
                                      "issued_at": scene.at(3, 10), **told}, DUTY, now=scene.now)
    notices.step(scene.db, number, {"step": "served", "at": scene.at(2, 10), "how": "direct"}, DUTY, now=scene.now)


def _repair(scene: Scene) -> None:
    found = _repairable(scene) or _older(scene)
    papers: list[Any] = [one["code"] for one in rules().value("credit.repair_papers", scene.day(3))]
    number = repairs.apply(scene.db, {
        "unit_no": found["unit_no"], "target": "penalty" if found["kind"] == "penalty" else "listing",
        "ref": found["ref"], "applied_at": scene.at(3, 14), "papers": papers, "note": "罚款已缴清，隐患已整改"}, DUTY,
        now=scene.now)
    repairs.step(scene.db, number, {"step": "accepted", "at": scene.at(2, 11)}, DUTY, now=scene.now)


def _repairable(scene: Scene) -> dict[str, Any] | None:
    """What is public and has come to its day of repair, with nothing that speaks against it."""
    day = scene.day(3)
    with scene.db.connection() as connection:
        # As the night does with what was brought in.
        publicity.open_missing(connection, scene.today)
        return next((row for row in connection.execute(q["repairable"], {"day": day}).fetchall()
                     if exclusions.why(exclusions.of(connection, row), day) is None), None)


def _older(scene: Scene) -> dict[str, Any]:
    """A fine of more than a year ago against a unit without any, where a small district's record has none to repair."""
    with scene.db.connection() as connection:
        clean = {row["unit_no"] for row in connection.execute(q["unpunished"]).fetchall()}
    place = scene.take(lambda place: place.unit_no in clean)
    day = scene.day(300)
    number = f"火消行罚决字〔{day.year}〕9001号"
    with scene.db.connection() as connection:
        casework.bulk.load_penalties(connection, [{
            "case_no": number, "unit_no": place.unit_no, "inspection_no": None, "decided_on": day, "kind": "fine",
            "amount_yuan": 6000.0, "article": "消防法第六十条", "withdrawn_on": None, "entered_by": "simulator"}])
        casework.past.load(connection, "cases", [{
            "case_no": number, "unit_no": place.unit_no, "party": "organisation", "regime": "own",
            "procedure": "ordinary", "article": "消防法第六十条", "facts": "消防设施未保持完好有效",
            "officers": [row["officer_no"] for row in scene.officers[:2]], "offence_on": scene.day(312),
            "life_safety": False, "filed_at": scene.at(312, 9), "filed_on": scene.day(312), "standing": "archived",
            "decided_on": day, "closed_on": scene.day(285)}], "simulator")
        publicity.open_missing(connection, scene.today)
    return {"unit_no": place.unit_no, "kind": "penalty", "ref": number}
