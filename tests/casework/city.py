"""A district small enough to read: three units, four officers, three items of the catalogue."""

from __future__ import annotations

import datetime as dt

from casework.forms import Evidence, Sheet
from policy.clocks import SHANGHAI
from store import Database

DAY = dt.date(2026, 3, 12)
#: What every record must have.
SHEET = Sheet(responsible_person="王某", accompanied_by="李某")
PHOTO = Evidence("file://evidence/1.jpg", "a" * 64)


def moment(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), SHANGHAI)


def build_city(db: Database) -> dict[str, int]:
    """U1 a mall (key, crowded), U2 a restaurant, U3 an office registered in 2026; returns unit ids by number.

    Officers: B1, B2 of the brigade; B3 with a certificate that ends in 2025; T1, T2 of the town; B4 recused from U2.
    B1 is the head.
    """
    with db.connection() as connection:
        connection.execute("""
            insert into areas (area_code, parent_code, level, name_zh) values
                ('990000', null, 'city', '示范市'), ('990101', '990000', 'district', '火眼区'),
                ('990101001', '990101', 'town', '一街道')""")
        connection.execute("""
            insert into units (unit_no, name, area_code, kind, is_key, is_crowded, registered_on) values
                ('U1', '大商场', '990101001', 'mall', true, true, '2010-01-01'),
                ('U2', '小餐馆', '990101001', 'restaurant', false, false, null),
                ('U3', '新办公楼', '990101001', 'office', false, false, '2026-03-01')""")
        connection.execute("""
            insert into officers (officer_no, name, body, area_codes, certificate_no, certificate_from, certificate_to)
            values ('B1', '甲', 'brigade', '{990101}', 'C1', '2020-01-01', '2030-01-01'),
                   ('B2', '乙', 'brigade', '{990101}', 'C2', '2020-01-01', '2030-01-01'),
                   ('B3', '丙', 'brigade', '{990101}', 'C3', '2020-01-01', '2025-12-31'),
                   ('B4', '丁', 'brigade', '{990101}', 'C4', '2020-01-01', '2030-01-01'),
                   ('T1', '戊', 'town', '{990101001}', 'C5', '2020-01-01', '2030-01-01'),
                   ('T2', '己', 'town', '{990101001}', 'C6', '2020-01-01', '2030-01-01'),
                   ('T3', '辅', 'town', '{990101001}', null, null, null)""")
        connection.execute("update officers set skills = '{负责人}' where officer_no = 'B1'")
        connection.execute("""
            insert into officer_recusals (officer_no, unit_id, reason)
            select 'B4', unit_id, '亲属' from units where unit_no = 'U2'""")
        connection.execute("""
            insert into inspection_items (item_code, valid_from, valid_to, name_zh, severity) values
                ('exits.blocked', '2009-01-01', null, '疏散通道被占用', 'critical'),
                ('alarm.broken', '2009-01-01', null, '报警系统损坏', 'serious'),
                ('signs.missing', '2009-01-01', null, '缺少疏散指示', 'minor'),
                ('old.item', '2009-01-01', '2020-12-31', '旧条目', 'minor')""")
        return {row["unit_no"]: row["unit_id"] for row in connection.execute("select unit_no, unit_id from units")}
