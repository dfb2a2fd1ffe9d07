-- name: counts
-- How many findings of the viewer's areas wait for a decision or a visit, and how many are past the clock of either.
select count(*) as waiting,
       count(*) filter (where case f.state when 'open' then f.decide_by < %(now)s
                              else i.status = 'planned' and i.planned_on < %(day)s end) as late
from findings f join units u using (unit_id)
left join lateral (select inspection_id from finding_decisions
                   where finding_id = f.finding_id order by decision_id desc limit 1) d on f.state = 'to_visit'
left join inspections i on i.inspection_id = d.inspection_id
where f.state in ('open', 'to_visit') and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: page
-- Findings of the viewer's areas with the decision that stands: those that wait by their clock, the others newest first.
with recursive chosen as (
    select area_code from areas where area_code = %(area)s
    union
    select child.area_code from areas child join chosen on child.parent_code = chosen.area_code
)
select count(*) over () as total, f.finding_id, f.finding_no, f.unit_id, u.unit_no, u.name as unit_name, u.area_code,
       n.name_zh as area_zh, n.name_en as area_en, f.rule, f.subject, f.began_at, f.ended_at, f.found_at, f.seen_at,
       f.decide_by, f.state, coalesce(o.late, false) as late, f.again_of, f.evidence,
       d.decided_by, d.decided_at, d.reason, d.inspection_id, i.status as inspection_status,
       coalesce(i.inspected_on, i.planned_on) as visit_on
from findings f
join units u using (unit_id)
join areas n on n.area_code = u.area_code
left join lateral (select decided_by, decided_at, reason, inspection_id from finding_decisions
                   where finding_id = f.finding_id order by decision_id desc limit 1) d on true
left join inspections i on i.inspection_id = d.inspection_id
cross join lateral (select case f.state when 'open' then f.decide_by < %(now)s
                        when 'to_visit' then i.status = 'planned' and i.planned_on < %(day)s end as late) o
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(finding)s::bigint is null or f.finding_id = %(finding)s)
  and (%(unit)s::bigint is null or f.unit_id = %(unit)s)
  and (%(area)s::text is null or u.area_code in (select area_code from chosen))
  and (%(rule)s::text is null or f.rule = %(rule)s)
  and (case %(state)s when 'all' then true when 'waiting' then f.state in ('open', 'to_visit')
       when 'late' then o.late else f.state = %(state)s end)
  and (%(text)s::text is null or u.unit_id = any(%(units)s::bigint[]) or f.finding_no ilike %(text)s
       or (%(units)s::bigint[] is null and (u.name collate "C" ilike %(text)s or u.unit_no collate "C" ilike %(text)s)))
order by case when %(state)s in ('waiting', 'open', 'to_visit', 'late') then f.decide_by end, f.found_at desc,
         f.finding_id desc
limit %(limit)s offset %(offset)s;

-- name: decisions
-- Every decision on a finding, the newest first.
select d.decision_id, d.decision, d.reason, d.decided_by, d.decided_at, d.evidence, d.inspection_id, i.inspection_no
from finding_decisions d left join inspections i using (inspection_id)
where d.finding_id = %(finding)s order by d.decision_id desc;

-- name: alarms
-- The cases that a finding rests on.
select a.alarm_id, a.kind, a.point, a.opened_at, a.restored_at, a.verdict, a.verdict_by, a.verdict_rule, a.verdict_note,
       d.device_no, d.location
from alarms a join devices d using (device_id)
where a.alarm_id = any(%(alarms)s::bigint[]) order by a.opened_at, a.alarm_id;

-- name: series
-- Mean, least and most of each bucket for the devices of a finding.
select d.device_id, d.device_no, d.location,
       case when jsonb_typeof(d.settings -> 'low') = 'number' then (d.settings ->> 'low')::float8 end as low,
       case when jsonb_typeof(d.settings -> 'high') = 'number' then (d.settings ->> 'high')::float8 end as high,
       b.bucket, b.mean, b.least, b.most
from devices d
cross join lateral (
    select date_bin(%(width)s::interval, r.ts, timestamptz '2000-01-01 00:00+00') as bucket,
           avg(r.value) as mean, min(r.value) as least, max(r.value) as most
    from readings r
    where r.device_id = d.device_id and r.metric_id = (select metric_id from metrics where code = %(metric)s)
      and r.ts > %(since)s and r.ts <= %(until)s
    group by 1) b
where d.device_id = any(%(devices)s::integer[])
order by d.device_id, b.bucket;

-- name: visits
-- Visits of a unit that were made since a day, which may have found it so.
select inspection_no, kind, inspected_on from inspections
where unit_id = %(unit)s and status = 'done' and inspected_on >= %(since)s
order by inspected_on desc, inspection_id desc limit 30;
