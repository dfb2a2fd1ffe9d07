"""委托协议 and 赋权: which town may act, by which powers, on which items, from when to when; filed, and terminated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casework import clocks, forms
from casework.clocks import Owner
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy import rules
from policy.clocks import SHANGHAI, end_of, last_moment, legal_day, months_before
from registry import audit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)
REGIMES = ("delegated", "empowered")
FILED_WITH = ("government", "brigade")


class SubDelegation(CaseworkError):
    """Who holds a delegated power tried to give it on."""

    status = 403


@dataclass(frozen=True)
class AgreementForm:
    """An agreement as it is signed. ``to_day`` None: the longest term that policy allows, or none where empowered."""

    regime: str
    town_code: str
    principal_code: str
    powers: tuple[str, ...]
    item_codes: tuple[str, ...]
    signed_on: dt.date
    from_day: dt.date
    to_day: dt.date | None = None
    agreement_no: str | None = None
    note: str | None = None


def agreement_form(data: Mapping[str, Any]) -> AgreementForm:
    """An :class:`AgreementForm` from JSON."""
    signed = forms.day(data.get("signed_on"), "signed_on")
    return AgreementForm(
        forms.chosen(data.get("regime"), "regime", list(REGIMES)), forms.word(data.get("town_code"), "town_code", 12),
        forms.word(data.get("principal_code"), "principal_code", 12),
        tuple(forms.word(code, "powers", 64) for code in data.get("powers") or ()),
        tuple(dict.fromkeys(forms.word(code, "item_codes", 64) for code in data.get("item_codes") or ())), signed,
        forms.optional_day(data.get("from_day"), "from_day") or signed,
        forms.optional_day(data.get("to_day"), "to_day"),
        forms.word(data["agreement_no"], "agreement_no", 64) if data.get("agreement_no") else None,
        forms.note(data.get("note")))


def make(db: Database, form: AgreementForm, actor: str, now: dt.datetime) -> str:
    """Enter a signed agreement with the first version of its list; two filing clocks begin. Returns its number."""
    today = legal_day(now)
    to_day = _term(form, today)
    _check_powers(form, today)
    with db.connection() as connection:
        principal = _parties(connection, form)
        lock_for_transaction(connection, f"agreements of {form.town_code}")
        number = form.agreement_no or _next_number(connection, form.signed_on)
        met = connection.execute(q["overlapping"], {"town": form.town_code, "regime": form.regime, "number": number,
                                                    "from": form.from_day, "to": to_day}).fetchone()
        if met:
            raise AlreadyDone(f"town {form.town_code} has the {form.regime} agreement {met['agreement_no']} from "
                              f"{met['from_day']} to {met['to_day'] or 'further notice'}: end that before another "
                              "begins",
                              zh=f"镇街 {form.town_code} 已有协议 {met['agreement_no']}（{met['from_day']} 至 "
                                 f"{met['to_day'] or '长期'}）：请先终止，再签订新的协议")
        row = connection.execute(q["insert"], {
            "number": number, "regime": form.regime, "town": form.town_code, "principal": form.principal_code,
            "powers": list(form.powers), "from": form.from_day, "to": to_day, "signed": form.signed_on,
            "note": form.note, "actor": actor}).fetchone()
        if row is None:
            raise AlreadyDone(f"agreement {number} was entered before", zh=f"协议 {number} 已经录入过")
        _add_scope(connection, row["agreement_id"], form.town_code, form.item_codes, form.from_day, actor)
        for old in connection.execute(q["to_renew"], {"town": form.town_code, "regime": form.regime}).fetchall():
            clocks.stop(connection, "delegation.term", old["agreement_no"], now)
        _start_clocks(connection, number, form, to_day)
        audit.record(connection, actor, "create", "agreement", number, None, {
            "regime": form.regime, "town_code": form.town_code, "principal_code": principal,
            "powers": list(form.powers), "item_codes": list(form.item_codes), "from_day": form.from_day,
            "to_day": to_day, "signed_on": form.signed_on})
    return number


def set_scope(db: Database, number: str, from_day: dt.date, item_codes: Sequence[str], actor: str) -> int:
    """A new version of an agreement's list, from a day on; earlier days keep the version they had."""
    with db.connection() as connection:
        held = _standing(connection, number)
        last = connection.execute(q["last_scope"], [held["agreement_id"]]).fetchone()
        if last and from_day < last["from_day"]:
            raise CaseworkError(f"version {last['version']} of the list of {number} holds from {last['from_day']}: the "
                                f"next can't begin on {from_day}, before it",
                                zh=f"{number} 事项清单第 {last['version']} 版自 {last['from_day']} 起有效，"
                                   f"新版不能早于该日（{from_day}）")
        version = _add_scope(connection, held["agreement_id"], held["town_code"], tuple(dict.fromkeys(item_codes)),
                             from_day, actor)
        audit.record(connection, actor, "scope", "agreement", number,
                     {"item_codes": last["item_codes"] if last else []},
                     {"version": version, "from_day": from_day, "item_codes": list(item_codes)})
    return version


def file(db: Database, number: str, filed_with: str, filed_on: dt.date, receipt: str | None, actor: str,
         now: dt.datetime) -> bool:
    """Say that an agreement was filed with the government or with the brigade; whether that was in time."""
    forms.chosen(filed_with, "filed_with", list(FILED_WITH))
    with db.connection() as connection:
        held = _held(connection, number)
        if not held["signed_on"] <= filed_on <= legal_day(now):
            raise CaseworkError(f"agreement {number} was signed on {held['signed_on']}: it is filed between that day "
                                "and "
                                f"today, not on {filed_on}",
                                zh=f"协议 {number} 于 {held['signed_on']} 签订，备案日期应在该日与今天之间，而不是 "
                                   f"{filed_on}")
        row = connection.execute(q["filed"], {"agreement": held["agreement_id"], "with": filed_with, "day": filed_on,
                                              "receipt": receipt, "actor": actor}).fetchone()
        if row is None:
            raise AlreadyDone(f"agreement {number} was filed with the {filed_with} before",
                              zh=f"协议 {number} 已经备案过")
        at = min(end_of(filed_on) - dt.timedelta(seconds=1), max(now, _start_of(filed_on)))
        in_time = clocks.stop(connection, "delegation.filing", f"{number}/{filed_with}", at)
        audit.record(connection, actor, "file", "agreement", number, None,
                     {"filed_with": filed_with, "filed_on": filed_on, "receipt": receipt})
    return bool(in_time)


def terminate(db: Database, number: str, ended_on: dt.date, why: str, actor: str, now: dt.datetime) -> None:
    """解除: from ``ended_on`` on nothing more may be done under an agreement; what was done stays readable."""
    reason = forms.reason(why)
    with db.connection() as connection:
        held = _standing(connection, number)
        if not held["signed_on"] <= ended_on <= legal_day(now):
            raise CaseworkError(f"agreement {number} can end between {held['signed_on']}, when it was signed, and "
                                "today, "
                                f"not on {ended_on}",
                                zh=f"协议 {number} 的解除日期应在签订日 {held['signed_on']} 与今天之间，而不是 "
                                   f"{ended_on}")
        connection.execute(q["end"], {"agreement": held["agreement_id"], "day": ended_on, "why": reason})
        for ref in (number, *(f"{number}/{body}" for body in FILED_WITH)):
            clocks.drop(connection, "agreement", ref, now, "terminated")
        audit.record(connection, actor, "terminate", "agreement", number, {"ended_on": None},
                     {"ended_on": ended_on, "reason": reason})


def refuse_subdelegation(db: Database, actor: str, entry: Mapping[str, Any]) -> None:
    """A town that tries to give its power on leaves a line in the audit log and is refused."""
    with db.connection() as connection:
        audit.record(connection, actor, "refused_subdelegation", "agreement", str(entry.get("town_code", "?"))[:64],
                     None, {name: entry.get(name) for name in ("regime", "town_code", "principal_code")})
    raise SubDelegation("a town may not delegate on (行政处罚法 Art. 20 ¶4): only the brigade signs agreements",
                        zh="受委托组织不得再委托（《行政处罚法》第二十条第四款）：协议只能由消防救援机构签订")


def listed(connection: Connection, day: dt.date, *, areas: Sequence[str] | None = None, number: str | None = None,
           town: str | None = None, before: int | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Agreements, the newest first, as they stand on a day."""
    return connection.execute(q["listed"], {
        "day": day, "areas": None if areas is None else list(areas), "number": number, "town": town, "before": before,
        "limit": limit}).fetchall()


def one(connection: Connection, number: str, day: dt.date, areas: Sequence[str] | None = None) -> dict[str, Any]:
    """An agreement with every version of its list."""
    rows = listed(connection, day, areas=areas, number=number, limit=1)
    if not rows:
        raise NotFound(f"there is no agreement {number} in your areas", zh=f"您的区域内没有协议 {number}")
    return {**rows[0], "scopes": connection.execute(q["scopes"], [rows[0]["agreement_id"]]).fetchall()}


def _term(form: AgreementForm, today: dt.date) -> dt.date | None:
    if form.signed_on > today:
        raise CaseworkError(f"the agreement was signed on {form.signed_on}, which is in the future",
                            zh=f"签订日期 {form.signed_on} 晚于今天")
    if form.from_day < form.signed_on:
        raise CaseworkError(f"the agreement begins on {form.from_day}, before it was signed on {form.signed_on}",
                            zh=f"协议起始日 {form.from_day} 早于签订日 {form.signed_on}")
    if form.regime == "empowered" and form.to_day is None:
        return None
    months = rules().value("delegation.term_months", form.signed_on)
    longest = months_before(form.from_day, -months) - dt.timedelta(days=1)
    to_day = form.to_day or longest
    if to_day < form.from_day or (form.regime == "delegated" and to_day > longest):
        raise CaseworkError(f"an agreement that begins on {form.from_day} ends by {longest} ({months} months, "
                            f"呼政办规〔2023〕3号 二(四)), not on {to_day}",
                            zh=f"自 {form.from_day} 起的委托协议最迟于 {longest} 到期（{months} 个月，"
                               f"呼政办规〔2023〕3号 二(四)），而不是 {to_day}")
    return to_day


def _check_powers(form: AgreementForm, day: dt.date) -> None:
    table = {row["code"]: row for row in rules().value("delegation.powers", day)}
    if not form.powers:
        raise CaseworkError("an agreement names the powers that it gives: " + ", ".join(table),
                            zh="协议应写明委托的职权")
    for power in form.powers:
        forms.chosen(power, "powers", list(table))
        if not table[power]["given"]:
            raise CaseworkError(f"the power {power} stays with the brigade (行政强制法 Art. 17, 行政处罚法 Art. 20)",
                                zh=f"{table[power]['zh']}不得委托（《行政强制法》第十七条、《行政处罚法》第二十条）")


def _parties(connection: Connection, form: AgreementForm) -> str:
    town = connection.execute(q["town"], {"area": form.town_code}).fetchone()
    principal = connection.execute(q["town"], {"area": form.principal_code}).fetchone()
    if town is None or town["level"] != "town":
        raise CaseworkError(f"{form.town_code} is not a town (镇街) of the register of areas",
                            zh=f"区域登记中没有镇街 {form.town_code}")
    if principal is None or principal["level"] == "town":
        raise CaseworkError(f"{form.principal_code} is not the area of a brigade: a town can't delegate on "
                            f"(行政处罚法 Art. 20 ¶4)",
                            zh=f"{form.principal_code} 不是消防救援机构的区域：受委托组织不得再委托"
                               f"（《行政处罚法》第二十条第四款）")
    if principal["area_code"] not in town["above"]:
        raise CaseworkError(f"town {form.town_code} does not lie in {form.principal_code}: its own brigade delegates",
                            zh=f"镇街 {form.town_code} 不在 {form.principal_code} 辖区内")
    return str(principal["area_code"])


def _add_scope(connection: Connection, agreement_id: int, town: str, items: Sequence[str], day: dt.date,
               actor: str) -> int:
    found = {row["item_code"]: row["valid_from"]
             for row in connection.execute(q["items_on"], {"items": list(items), "day": day})}
    if not items:
        raise CaseworkError("an agreement names the items that it covers (item_codes)", zh="协议应附事项清单")
    for item in items:
        if item not in found:
            raise CaseworkError(f"item {item} is not in the catalogue of inspection items on {day}",
                                zh=f"{day} 有效的检查事项清单中没有 {item}")
    other = connection.execute(q["elsewhere"], {"town": town, "agreement": agreement_id, "items": list(items),
                                                "day": day}).fetchone()
    if other:
        raise CaseworkError(f"item {other['item']} is in the {other['regime']} agreement {other['agreement_no']} of "
                            "the "
                            f"town: an item is delegated or empowered, not both (行政处罚法 Art. 20, 24)",
                            zh=f"事项 {other['item']} 已在该镇街的协议 {other['agreement_no']} 中："
                               f"同一事项不能既委托又赋权（《行政处罚法》第二十条、第二十四条）")
    row = connection.execute(q["add_scope"], {"agreement": agreement_id, "from": day, "items": list(items),
                                              "versions": [found[item] for item in items], "actor": actor}).fetchone()
    return int(row["version"]) if row else 0


def _start_clocks(connection: Connection, number: str, form: AgreementForm, to_day: dt.date | None) -> None:
    signed, owner = _start_of(form.signed_on), Owner(form.town_code, body="town")
    for body in FILED_WITH:
        clocks.start(connection, "delegation.filing", "agreement", f"{number}/{body}", owner, signed)
    if to_day is not None:
        clocks.start(connection, "delegation.term", "agreement", number, owner, signed, due_at=last_moment(to_day))


def _next_number(connection: Connection, day: dt.date) -> str:
    prefix = f"W{day:%Y%m%d}-"
    lock_for_transaction(connection, f"number {prefix}")
    row = connection.execute(q["last_number"], {"prefix": prefix + "%", "skip": len(prefix) + 1}).fetchone()
    return f"{prefix}{(row['last'] if row and row['last'] else 0) + 1:04d}"


def _held(connection: Connection, number: str) -> dict[str, Any]:
    row = connection.execute(q["locked"], [number]).fetchone()
    if row is None:
        raise NotFound(f"there is no agreement {number}", zh=f"没有协议 {number}")
    return row


def _standing(connection: Connection, number: str) -> dict[str, Any]:
    held = _held(connection, number)
    if held["ended_on"] is not None:
        raise AlreadyDone(f"agreement {number} was terminated on {held['ended_on']}: nothing of it can be changed",
                          zh=f"协议 {number} 已于 {held['ended_on']} 解除，不能再变更")
    return held


def _start_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), SHANGHAI)
