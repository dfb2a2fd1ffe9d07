-- name: test_mode
-- Restored cases of a device that had been put into test mode, at the point or as a whole, when the alarm began, while
-- no other device of the unit raised an alarm and no fire is on record.
select a.alarm_id, format('%%1$s 起处于测试 in test since then', to_char(t.ts at time zone 'Asia/Shanghai', 'MM-DD HH24:MI')) as note
from alarms a
cross join lateral (
    -- The newest word on test mode before the alarm. What the device says of a single point goes before what it says of
    -- itself only if it came later: whichever is newer holds.
    select e.ts, e.active from events e
    where e.device_id = a.device_id and e.kind = 'test' and e.point in ('', a.point)
      and e.ts <= a.opened_at and e.ts >= a.opened_at - %(longest)s::interval
    order by e.ts desc, e.active limit 1
) t
where a.kind = any (%(kinds)s::text[]) and a.opened_at >= %(since)s and a.opened_at <= %(now)s
  and a.restored_at <= %(restored_by)s and (a.verdict is null or a.verdict_rule = 'test_mode')
  and t.active
  and not exists (
    select from alarms o
    where o.unit_id = a.unit_id and o.device_id <> a.device_id and o.kind = any (%(kinds)s::text[])
      and o.opened_at between a.opened_at - %(alone)s::interval and a.restored_at + %(alone)s::interval)
  and not exists (
    select from fires f where f.unit_id = a.unit_id
      and f.occurred_at between a.opened_at - interval '24 hours' and a.restored_at + interval '24 hours')
order by a.alarm_id

-- name: short_single
-- Restored cases that were over at once, with no other point of the unit in alarm near them, nothing that started or
-- answered, and no fire on record.
select a.alarm_id,
       format('%%1$s 秒后恢复 restored after %%1$s s', round(extract(epoch from a.restored_at - a.opened_at))) as note
from alarms a
where a.kind = any (%(kinds)s::text[]) and a.opened_at >= %(since)s and a.opened_at <= %(now)s
  and a.restored_at <= %(restored_by)s and a.restored_at - a.opened_at <= %(within)s::interval
  and (a.verdict is null or a.verdict_rule = 'short_single')
  and not exists (
    select from alarms o
    where o.unit_id = a.unit_id and o.alarm_id <> a.alarm_id and o.kind in ('fire_alarm', 'gas_alarm')
      and o.opened_at <= a.restored_at + %(alone)s::interval
      and coalesce(o.restored_at, 'infinity') >= a.opened_at - %(alone)s::interval)
  and not exists (
    select from devices d join events e using (device_id)
    where d.unit_id = a.unit_id and e.kind in ('started', 'feedback') and e.active
      and e.ts between a.opened_at - %(alone)s::interval and a.restored_at + %(alone)s::interval)
  and not exists (
    select from fires f where f.unit_id = a.unit_id
      and f.occurred_at between a.opened_at - interval '24 hours' and a.restored_at + interval '24 hours')
order by a.alarm_id

-- name: judge
-- Verdicts by a rule, where there is none.
update alarms a
set verdict = %(verdict)s, verdict_rule = %(rule)s, verdict_by = null, verdict_at = %(now)s, verdict_note = n.note
from unnest(%(alarms)s::bigint[], %(notes)s::text[]) as n (alarm_id, note)
where a.alarm_id = n.alarm_id and a.verdict is null
returning a.alarm_id, a.verdict_note

-- name: take_back
-- Verdicts by a rule that the data do not bear any more.
update alarms a
set verdict = null, verdict_rule = null, verdict_by = null, verdict_at = null, verdict_note = null
from alarms was
where a.alarm_id = was.alarm_id and a.verdict_rule = %(rule)s and a.opened_at >= %(since)s and a.verdict_at < %(now)s
  and not a.alarm_id = any (%(met)s::bigint[])
returning a.alarm_id, was.verdict as was
