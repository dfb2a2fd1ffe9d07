"""What towns and police stations did: in whose name, who answers for it, its recording, its end and its archive."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casework import clocks, forms, officers
from casework.clocks import Owner
from casework.delegation import gates
from casework.delegation.gates import BeyondPower, Power, may_act, town_of
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.officers import Place, Team
from policy.clocks import SHANGHAI, end_of, legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Acting:
    """An act to be kept with its record; ``refused`` where it is beyond the town's power (see :func:`stand`)."""

    body: str
    town_code: str
    power: Power | None
    act: str
    item_codes: tuple[str, ...]
    responsible: str
    refused: BeyondPower | None = None


def begin(connection: Connection, unit: Place, team: Team, items: Sequence[str], day: dt.date, acts: Sequence[str], *,
          town_login: bool = False, regime: str | None = None, inspection_no: str | None = None) -> Acting | None:
    """Ask the gates before a record or a penalty is stored; None where the brigade acts itself.

    What is beyond the town's power is refused by :func:`stand`, after the caller's own checks.

    Whose act it is follows from who leads: the lead, or where nobody leads, the brigade as soon as one of its officers
    signs. A case says it itself by its ``regime`` (own, delegated, empowered). A town's login enters acts of towns.
    """
    bodies = {row["officer_no"]: row["body"] for row in
              connection.execute(gates.q["bodies"], [[number for number, _ in team]])}
    lead = next((number for number, role in team if role == "lead"), None)
    signing = [number for number, _ in team if number in bodies]
    if lead is None and any(bodies[number] == "brigade" for number in signing):
        lead = next(number for number in signing if bodies[number] == "brigade")
    lead = lead or (signing[0] if signing else None)
    body = bodies.get(lead or "", "brigade")
    if town_login and signing and body != "town":
        raise gates.NotFit("a town's login enters what an officer of the town led (行政处罚法 Art. 20 ¶3): the brigade "
                           "enters its own visits",
                           zh="镇街账号只能录入由镇街执法人员主办的检查或案件（《行政处罚法》第二十条第三款）；"
                              "消防救援机构的由其自行录入")
    if regime == "own" and signing and "brigade" not in bodies.values():
        raise gates.NotFit("a case in the brigade's own power is signed by an officer of the brigade "
                           "(行政处罚法 Art. 20): a town's own case is delegated or empowered",
                           zh="以消防救援机构自身职权办理的案件须有其人员参加（《行政处罚法》第二十条）；"
                              "镇街办理的应选委托或赋权")
    if regime in ("delegated", "empowered"):
        body, lead = "town", next((number for number in signing if bodies[number] == "town"), lead)
    if body == "brigade" or lead is None or regime == "own":
        return None
    town = town_of(connection, unit.unit_id)
    if body == "police_station":
        return None if town is None else Acting(body, town, None, acts[-1], tuple(items), lead)
    if regime is None and inspection_no is not None:
        row = connection.execute(q["regime_of"], [inspection_no]).fetchone()
        regime = row["regime"] if row else None
    try:
        for act in acts:
            power = may_act(connection, town, unit, items, [number for number, _ in team], day, act, regime=regime)
    except BeyondPower as refused:
        return Acting(body, refused.draft.from_code, None, acts[-1], tuple(items), lead, refused)
    return Acting(body, power.town_code, power, acts[-1], tuple(items), lead)


def check_team(connection: Connection, acting: Acting | None, unit: Place, team: Team, day: dt.date, *,
               needs_lead: bool = True) -> None:
    """Who signs; of an act that is the brigade's anyhow only that they are known: it is refused for what it is."""
    check = officers.check_named if acting is not None and acting.refused is not None else officers.check_team
    check(connection, unit, team, day, needs_lead=needs_lead)


def stand(acting: Acting | None) -> None:
    """Refuse what is beyond the town's power, once all else that was entered holds.

    Its refusal leaves a referral, and an entry that is wrong in itself must leave nothing: so this comes last.
    """
    if acting is not None and acting.refused is not None:
        raise acting.refused


def keep(connection: Connection, acting: Acting | None, noun: str, ref: str, unit: Place, day: dt.date, actor: str,
         inspection_id: int | None = None) -> None:
    """Store whose act a record or a penalty is, in the transaction that stores it."""
    if acting is None:
        return
    power = acting.power
    connection.execute(q["insert"], {
        "noun": noun, "ref": ref, "inspection": inspection_id, "unit": unit.unit_id, "town": acting.town_code,
        "body": acting.body, "agreement": power and power.agreement_id, "regime": power and power.regime,
        "act": acting.act, "items": list(acting.item_codes), "responsible": acting.responsible, "day": day,
        "actor": actor})


def set_video(db: Database, noun: str, ref: str, video_ref: str, sha256: str, seconds: int, actor: str) -> None:
    """Tie the recording of the whole process (全程录像) to an act: where it lies, its digest, how long it is."""
    where, digest = forms.word(video_ref, "video_ref"), sha256.lower()
    if not _DIGEST.fullmatch(digest) or seconds <= 0:
        raise CaseworkError("sha256 must be the 64 hexadecimal digits of the recording's SHA-256, seconds more than 0",
                            zh="sha256 应为录像文件 SHA-256 的 64 位十六进制，时长应大于 0 秒")
    with db.connection() as connection:
        held = _held(connection, noun, ref)
        if held["closed_on"] is not None:
            raise AlreadyDone(f"{noun} {ref} was closed on {held['closed_on']}: its recording stays as it is",
                              zh=f"{ref} 已于 {held['closed_on']} 办结，录像不能更改")
        connection.execute(q["set_video"], {"video": where, "digest": digest, "seconds": seconds,
                                            "act": held["act_id"]})
        audit.record(connection, actor, "video", noun, ref, {"video_sha256": held["video_sha256"]},
                     {"video_ref": where, "video_sha256": digest, "video_seconds": seconds})


def close(db: Database, noun: str, ref: str, day: dt.date, actor: str, now: dt.datetime) -> dt.datetime:
    """End a case: it needs its recording, and from here the days to its archive run. When they end."""
    with db.connection() as connection:
        held = _held(connection, noun, ref)
        if held["closed_on"] is not None:
            raise AlreadyDone(f"{noun} {ref} was closed on {held['closed_on']} before",
                              zh=f"{ref} 已于 {held['closed_on']} 办结")
        if held["video_ref"] is None and held["body"] == "town":
            raise gates.NotFit(f"{noun} {ref} has no recording: an act without a video reference can't be closed "
                               f"(呼政办规〔2023〕3号 三(四))",
                               zh=f"{ref} 没有全程录像，不能办结（呼政办规〔2023〕3号 三(四)）")
        _between(day, held["acted_on"], now, "closed")
        _refuse_open_order(connection, held, day)
        connection.execute(q["set_closed"], {"day": day, "act": held["act_id"]})
        audit.record(connection, actor, "close", noun, ref, {"closed_on": None}, {"closed_on": day})
        return clocks.start(connection, "delegation.archive", noun, f"{noun}/{ref}",
                            Owner(held["town_code"], held["unit_id"], held["body"]), _start_of(day))


def archive(db: Database, noun: str, ref: str, day: dt.date, actor: str, now: dt.datetime) -> bool:
    """Say that the file of a closed case is in the archive; whether within its days."""
    with db.connection() as connection:
        held = _held(connection, noun, ref)
        if held["closed_on"] is None:
            raise gates.NotFit(f"{noun} {ref} is not closed yet: a file is archived after the end of its case",
                               zh=f"{ref} 尚未办结，办结后才能归档")
        if held["archived_on"] is not None:
            raise AlreadyDone(f"{noun} {ref} was archived on {held['archived_on']} before",
                              zh=f"{ref} 已于 {held['archived_on']} 归档")
        _between(day, held["closed_on"], now, "archived")
        _refuse_open_order(connection, held, day)
        connection.execute(q["set_archived"], {"day": day, "act": held["act_id"]})
        audit.record(connection, actor, "archive", noun, ref, {"archived_on": None}, {"archived_on": day})
        at = min(end_of(day) - dt.timedelta(seconds=1), max(now, _start_of(day)))
        return bool(clocks.stop(connection, "delegation.archive", f"{noun}/{ref}", at))


def listed(connection: Connection, *, areas: Sequence[str] | None = None, town: str | None = None,
           regime: str | None = None, noun: str | None = None, ref: str | None = None, state: str = "all",
           before: int | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Acts, the newest first; ``state`` open, closed, to_archive, without_video or all."""
    return connection.execute(q["listed"], {
        "areas": None if areas is None else list(areas), "town": town, "regime": regime, "noun": noun, "ref": ref,
        "state": state, "before": before, "limit": limit}).fetchall()


def one(connection: Connection, noun: str, ref: str, areas: Sequence[str] | None = None) -> dict[str, Any]:
    """One act; :class:`NotFound` where there is none in these areas."""
    rows = listed(connection, areas=areas, noun=noun, ref=ref, limit=1)
    if not rows:
        raise NotFound(f"there is no {noun} {ref} of a town in your areas", zh=f"您的区域内没有镇街执法 {ref}")
    return rows[0]


def _held(connection: Connection, noun: str, ref: str) -> dict[str, Any]:
    row = connection.execute(q["locked"], {"noun": noun, "ref": ref}).fetchone()
    if row is None:
        raise NotFound(f"there is no {noun} {ref} of a town", zh=f"没有镇街执法 {ref}")
    return row


def _refuse_open_order(connection: Connection, held: Mapping[str, Any], day: dt.date) -> None:
    """The file of a visit stays open with its orders, but for those that the brigade took over."""
    order = connection.execute(q["open_order"], {"inspection": held["inspection_id"], "day": day}).fetchone()
    if order is None:
        return
    number, by = order["order_no"], order["correct_by"]
    if order["closed_on"] is not None:
        raise gates.NotFit(f"order {number} of the visit was closed on {order['closed_on']}: its file can't be closed "
                           f"on {day}, before that (消防监督检查规定 Art. 20)",
                           zh=f"责令改正通知书 {number} 于 {order['closed_on']} 办结，该检查的案卷不能早于该日办结"
                              f"（《消防监督检查规定》第二十条）")
    raise gates.NotFit(f"order {number} of the visit, to be corrected by {by}, is still open: re-inspect it, or hand "
                       f"it over to the brigade, before the file is closed (消防监督检查规定 Art. 20)",
                       zh=f"责令改正通知书 {number}（限期至 {by}）尚未办结：请先复查或移交，再办结归档"
                          f"（《消防监督检查规定》第二十条）")


def _between(day: dt.date, first: dt.date, now: dt.datetime, what: str) -> None:
    if not first <= day <= legal_day(now):
        raise CaseworkError(f"it can be {what} between {first} and today, not on {day}",
                            zh=f"日期应在 {first} 与今天之间，而不是 {day}")


def _start_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), SHANGHAI)
