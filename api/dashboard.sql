-- name: units
-- Active units of the viewer's areas.
select count(*) as units from units u
where u.status = 'active' and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: devices
-- Active devices, and how many are silent.
select count(*) as devices, count(*) filter (where l.online = false) as devices_offline,
       count(*) filter (where l.device_id is null) as devices_never_heard
from devices d join units u using (unit_id) left join device_last l using (device_id)
where d.status = 'active' and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: alarms
-- Open cases.
select count(*) filter (where a.kind = any(%(alarm_kinds)s::text[])) as open_alarms,
       count(*) filter (where a.kind = any(%(fault_kinds)s::text[])) as open_faults,
       count(*) filter (where a.kind = any(%(alarm_kinds)s::text[]) and a.verdict is null) as unjudged
from alarms a join units u using (unit_id)
where a.restored_at is null and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: classes
-- Units by class in the newest scores.
with latest as (select max(as_of) as as_of from score_runs where as_of <= %(day)s)
select (select as_of from latest) as as_of,
       count(*) filter (where s.risk_class = 'A') as a, count(*) filter (where s.risk_class = 'B') as b,
       count(*) filter (where s.risk_class = 'C') as c, count(*) filter (where s.risk_class = 'D') as d
from scores s join units u using (unit_id)
where s.as_of = (select as_of from latest) and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: visits
-- Visits of today: how many are planned, how many are done.
select count(*) filter (where i.planned_on = %(day)s and i.status in ('planned', 'done', 'not_possible')) as planned_today,
       count(*) filter (where i.planned_on = %(day)s and i.status = 'done') as done_today
from inspections i join units u using (unit_id)
where i.planned_on = %(day)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: findings
-- Off-site findings that wait, and those past the clock of their decision or the day of their visit.
select count(*) as findings_waiting,
       count(*) filter (where case f.state when 'open' then f.decide_by < %(now)s
                              else i.status = 'planned' and i.planned_on < %(day)s end) as findings_late
from findings f join units u using (unit_id)
left join lateral (select inspection_id from finding_decisions
                   where finding_id = f.finding_id order by decision_id desc limit 1) d on f.state = 'to_visit'
left join inspections i on i.inspection_id = d.inspection_id
where f.state in ('open', 'to_visit') and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: late
-- Orders and complaints past their day.
select (select count(*) from orders o join units u using (unit_id)
        where o.closed_on is null and o.recheck_by < %(day)s
          and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))) as late_orders,
       (select count(*) from complaints c join units u using (unit_id)
        where c.checked_at is null and c.check_by < %(now)s
          and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))) as late_complaints;

-- name: open_now
-- Open cases: alarms proper before faults, the newest first.
select a.alarm_id, a.kind, a.opened_at, a.point, u.unit_id, u.name as unit_name, d.device_no, d.location
from alarms a join units u using (unit_id) join devices d using (device_id)
where a.restored_at is null and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
order by (a.kind = any(%(alarm_kinds)s::text[])) desc, a.opened_at desc limit %(limit)s;

-- name: riskiest
-- The top of the ranking.
with latest as (select max(as_of) as as_of from score_runs where as_of <= %(day)s)
select u.unit_id, u.name, u.kind, s.rank, s.score, s.risk_class, cardinality(s.direct) > 0 as is_direct
from scores s join units u using (unit_id)
where s.as_of = (select as_of from latest) and u.status = 'active'
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
order by s.rank limit %(limit)s;

-- name: today_visits
-- Visits planned for today.
select i.inspection_id, i.inspection_no, i.kind, i.arm, i.status, i.result, u.unit_id, u.name as unit_name,
       (select array_agg(o.name order by io.role, o.name) from inspection_officers io join officers o using (officer_no)
        where io.inspection_id = i.inspection_id) as officers
from inspections i join units u using (unit_id)
where i.planned_on = %(day)s and i.status <> 'cancelled'
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
order by i.status desc, i.inspection_id limit %(limit)s;

-- name: next_visits
-- Visits of the first day to come that has any.
select i.inspection_id, i.inspection_no, i.kind, i.arm, i.status, i.result, i.planned_on, u.unit_id,
       u.name as unit_name,
       (select array_agg(o.name order by io.role, o.name) from inspection_officers io join officers o using (officer_no)
        where io.inspection_id = i.inspection_id) as officers
from inspections i join units u using (unit_id)
where i.status = 'planned' and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and i.planned_on = (
      select min(n.planned_on) from inspections n join units v using (unit_id)
      where n.status = 'planned' and n.planned_on > %(day)s
        and (%(areas)s::text[] is null or v.area_code = any(%(areas)s::text[])))
order by i.inspection_id limit %(limit)s;

-- name: late_orders_list
-- Orders whose re-inspection is late, the latest first.
select o.order_no, o.kind, o.correct_by, o.recheck_by, %(day)s::date - o.recheck_by as days_late, u.unit_id,
       u.name as unit_name
from orders o join units u using (unit_id)
where o.closed_on is null and o.recheck_by < %(day)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
order by o.recheck_by limit %(limit)s;

-- name: jobs
-- The latest run of each job.
select distinct on (job) job, logical_date, status, started_at, finished_at, error from job_runs
order by job, started_at desc;

-- name: alarm_days
-- Cases opened by legal day.
select days.day::date as day,
       count(a.alarm_id) filter (where a.kind = any(%(alarm_kinds)s::text[])) as alarms,
       count(a.alarm_id) filter (where a.kind = any(%(fault_kinds)s::text[])) as faults,
       count(a.alarm_id) filter (where a.verdict = 'false') as judged_false
from generate_series(%(since)s::date::timestamp, %(day)s::date::timestamp, interval '1 day') as days(day)
left join (
    select a.* from alarms a join units u using (unit_id)
    where a.opened_at >= %(since_moment)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
) a on legal_day(a.opened_at) = days.day::date
group by days.day order by days.day;

-- name: score_bins
-- Units by score in steps of five, by class.
with latest as (select max(as_of) as as_of from score_runs where as_of <= %(day)s)
select least(floor(s.score / 5), 19)::int * 5 as bin, s.risk_class, count(*) as units
from scores s join units u using (unit_id)
where s.as_of = (select as_of from latest) and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
group by 1, 2 order by 1, 2;

-- name: hit_months
-- Visits done and visits that found something, by month and arm, over a year.
select date_trunc('month', i.inspected_on)::date as month, coalesce(i.arm, 'other') as arm, count(*) as visits,
       count(*) filter (where exists (select from hazards h where h.inspection_id = i.inspection_id)) as with_hazards
from inspections i join units u using (unit_id)
where i.status = 'done' and i.inspected_on between date_trunc('month', %(day)s::date - 365)::date and %(day)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
group by 1, 2 order by 1, 2;
