-- name: counts
-- How many cases are open, for the header: alarms proper, faults, and alarms that no one has judged.
select count(*) filter (where a.kind = any(%(alarm_kinds)s::text[])) as open_alarms,
       count(*) filter (where a.kind = any(%(fault_kinds)s::text[])) as open_faults,
       count(*) filter (where a.kind = any(%(alarm_kinds)s::text[]) and a.verdict is null) as unjudged
from alarms a join units u using (unit_id)
where a.restored_at is null and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: page
-- Cases of the viewer's areas, the newest first; with pin, open alarms proper before all else, so that no flood of
-- faults pushes a fire off the page.
with recursive chosen as (
    select area_code from areas where area_code = %(area)s
    union
    select child.area_code from areas child join chosen on child.parent_code = chosen.area_code
), anchor as (
    select %(pin)s and restored_at is null and kind = any(%(alarm_kinds)s::text[]) as pinned, opened_at, alarm_id
    from alarms where alarm_id = %(before)s
)
select a.alarm_id, a.unit_id, u.unit_no, u.name as unit_name, u.area_code, n.name_zh as area_zh, n.name_en as area_en,
       d.device_no, d.kind as device_kind, d.vendor_code, d.location, a.kind, a.point, a.opened_at, a.stored_at,
       a.last_at, a.restored_at, a.verdict, a.verdict_by, a.verdict_at, a.verdict_note,
       a.verdict_rule
from alarms a
join units u using (unit_id)
join devices d using (device_id)
join areas n on n.area_code = u.area_code
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(area)s::text is null or u.area_code in (select area_code from chosen))
  and (%(open)s::boolean is null or (a.restored_at is null) = %(open)s)
  and (%(restored_since)s::timestamptz is null or a.restored_at is null or a.restored_at > %(restored_since)s)
  and (%(kinds)s::text[] is null or a.kind = any(%(kinds)s::text[]))
  and (%(kind)s::text is null or a.kind = %(kind)s)
  and (%(judged)s::boolean is null or (a.verdict is not null) = %(judged)s)
  and (%(by)s::text is null or %(by)s = case when a.verdict is null then 'nobody'
                                             when a.verdict_rule is null then 'person' else 'rule' end)
  and (%(text)s::text is null or u.unit_id = any(%(units)s::bigint[]) or d.device_no ilike %(text)s
       or (%(units)s::bigint[] is null and (u.name collate "C" ilike %(text)s or u.unit_no collate "C" ilike %(text)s)))
  and (%(before)s::bigint is null
       or (%(pin)s and a.restored_at is null and a.kind = any(%(alarm_kinds)s::text[]), a.opened_at, a.alarm_id)
          < (select pinned, opened_at, alarm_id from anchor))
order by (%(pin)s and a.restored_at is null and a.kind = any(%(alarm_kinds)s::text[])) desc, a.opened_at desc,
         a.alarm_id desc
limit %(limit)s;

-- name: one
-- One case within the viewer's areas.
select a.alarm_id, a.unit_id, u.unit_no, u.name as unit_name, u.area_code, n.name_zh as area_zh, n.name_en as area_en,
       d.device_no, d.kind as device_kind, d.vendor_code, d.location, a.kind, a.point, a.opened_at, a.stored_at,
       a.last_at, a.restored_at, a.verdict, a.verdict_by, a.verdict_at, a.verdict_note,
       a.verdict_rule
from alarms a
join units u using (unit_id)
join devices d using (device_id)
join areas n on n.area_code = u.area_code
where a.alarm_id = %(alarm_id)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: lock
-- The case a verdict is for, held until it is stored.
select a.verdict, a.verdict_by, a.verdict_note, a.verdict_rule
from alarms a join units u using (unit_id)
where a.alarm_id = %(alarm_id)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
for update of a;

-- name: judge
-- Store the verdict of a person, which stands in place of a rule's.
update alarms set verdict = %(verdict)s, verdict_by = %(by)s, verdict_at = %(now)s, verdict_note = %(note)s,
    verdict_rule = null
where alarm_id = %(alarm_id)s;
