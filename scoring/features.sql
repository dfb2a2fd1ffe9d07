-- name: telemetry
-- What the devices of each unit said in the 90 days before the day; shares are of what was measured.
select unit_id,
       sum(devices) filter (where recent) as device_days_30, sum(devices) as device_days_90,
       sum(offline_hours) filter (where recent) as offline_hours_30, sum(offline_hours) as offline_hours_90,
       sum(fault_hours) filter (where recent) as fault_hours_30, sum(fault_hours) as fault_hours_90,
       sum(faults) filter (where recent) as faults_30, sum(faults) as faults_90,
       sum(shielded_hours) filter (where recent) as shielded_hours_30, sum(shielded_hours) as shielded_hours_90,
       sum(manual_hours) filter (where recent) as manual_hours_30, sum(manual_hours) as manual_hours_90,
       sum(system_off_hours) filter (where recent) as system_off_hours_30,
       sum(system_off_hours) as system_off_hours_90,
       sum(pressure_readings) filter (where recent) as pressure_readings_30,
       sum(pressure_out) filter (where recent) as pressure_out_30,
       sum(pressure_readings) as pressure_readings_90, sum(pressure_out) as pressure_out_90,
       sum(leakage_readings) filter (where recent) as leakage_readings_30,
       sum(leakage_over) filter (where recent) as leakage_over_30,
       sum(leakage_readings) as leakage_readings_90, sum(leakage_over) as leakage_over_90,
       sum(cable_readings) filter (where recent) as cable_readings_30,
       sum(cable_over) filter (where recent) as cable_over_30,
       sum(cable_readings) as cable_readings_90, sum(cable_over) as cable_over_90,
       sum(battery_low) filter (where recent) as battery_low_30, sum(battery_low) as battery_low_90
from (
    select *, day >= %(as_of)s::date - 30 as recent from unit_days
    where day >= %(as_of)s::date - 90 and day < %(as_of)s
      and (%(units)s::bigint[] is null or unit_id = any(%(units)s))
) days
group by unit_id

-- name: alarms
-- Alarm cases of the 90 days before the day, with the verdicts that had been given by then.
select unit_id, count(*) as alarms_90, count(*) filter (where recent) as alarms_30,
       count(*) filter (where verdict = 'confirmed' and recent) as alarms_confirmed_30,
       count(*) filter (where verdict = 'confirmed') as alarms_confirmed_90,
       count(*) filter (where verdict = 'false' and recent) as alarms_false_30,
       count(*) filter (where verdict = 'false') as alarms_false_90,
       count(*) filter (where verdict is null) as alarms_unjudged_90
from (
    select unit_id, opened_at >= %(moment_30)s as recent,
           case when coalesce(verdict_at, opened_at) < %(moment)s then verdict end as verdict
    from alarms
    where opened_at >= %(moment_90)s and opened_at < %(moment)s and kind = any(%(alarm_kinds)s)
      and (%(units)s::bigint[] is null or unit_id = any(%(units)s))
) cases
where verdict is distinct from 'test'
group by unit_id

-- name: system_off
-- For how many hours an alarm system has been out of use when the day begins, the longest of each unit.
select d.unit_id, max(extract(epoch from %(moment)s - since.began)) / 3600.0 as system_off_open_hours
from (
    select distinct on (e.device_id, e.point) e.device_id, e.point, e.active
    from events e
    where e.kind = 'system_off' and e.ts < %(moment)s
      and (%(units)s::bigint[] is null
           or e.device_id in (select device_id from devices where unit_id = any(%(units)s)))
    order by e.device_id, e.point, e.ts desc, e.active
) last
join devices d on d.device_id = last.device_id and d.status = 'active'
cross join lateral (
    select min(e.ts) as began from events e
    where e.kind = 'system_off' and e.device_id = last.device_id and e.point = last.point and e.active
      and e.ts < %(moment)s
      and e.ts > coalesce((select max(x.ts) from events x
                           where x.kind = 'system_off' and x.device_id = last.device_id and x.point = last.point
                             and not x.active and x.ts < %(moment)s), '-infinity')
) since
where last.active
group by d.unit_id

-- name: duty_checks
-- Duty checks that had ended before the day and say something of the post: those answered, and those that were not.
select unit_id, count(*) filter (where recent) as duty_checks_30, count(*) as duty_checks_90,
       count(*) filter (where is_unanswered and recent) as duty_unanswered_30,
       count(*) filter (where is_unanswered) as duty_unanswered_90
from (
    select unit_id, is_unanswered, ended_at >= %(moment_30)s as recent from duty_checks
    where ended_at >= %(moment_90)s and ended_at < %(moment)s and state in ('answered', 'unanswered')
      and (%(units)s::bigint[] is null or unit_id = any(%(units)s))
) checks
group by unit_id

-- name: visits
-- Full visits of each unit before the day by the team that made them, each weighing less the longer ago it was.
-- A re-inspection looks only at what was ordered, and nobody looks at premises found closed: neither is a visit here.
with found as (
    select inspection_id, count(*) filter (where severity = 'critical') as critical,
           count(*) filter (where severity = 'serious') as serious, count(*) filter (where severity = 'minor') as minor
    from hazards
    where found_on < %(as_of)s and (%(units)s::bigint[] is null or unit_id = any(%(units)s))
    group by inspection_id
)
select i.unit_id, i.team, count(*) as visits, sum(i.weight) as weight,
       sum(i.weight * least(coalesce(f.critical, 0), %(most_critical)s)) as critical,
       sum(i.weight * least(coalesce(f.serious, 0), %(most_serious)s)) as serious,
       sum(i.weight * least(coalesce(f.minor, 0), %(most_minor)s)) as minor,
       coalesce(sum(i.weight) filter (where i.failed), 0) as failed
from (
    select inspection_id, unit_id, team, result = 'hazards_ordered' as failed, power(0.5, (%(as_of)s::date - inspected_on) / %(half_life)s::float8) as weight
    from full_visits
    where inspected_on < %(as_of)s
      and inspected_on >= %(as_of)s::date - %(memory)s::integer
      and (%(units)s::bigint[] is null or unit_id = any(%(units)s))
) i
left join found f using (inspection_id)
group by i.unit_id, i.team

-- name: teams
-- What each team usually finds at a visit, counted in the same way over all units.
with found as (
    select inspection_id, count(*) filter (where severity = 'critical') as critical,
           count(*) filter (where severity = 'serious') as serious, count(*) filter (where severity = 'minor') as minor
    from hazards
    where found_on < %(as_of)s
    group by inspection_id
)
select i.team, sum(i.weight) as weight,
       coalesce(sum(i.weight * least(coalesce(f.critical, 0), %(most_critical)s)), 0) as critical,
       coalesce(sum(i.weight * least(coalesce(f.serious, 0), %(most_serious)s)), 0) as serious,
       coalesce(sum(i.weight * least(coalesce(f.minor, 0), %(most_minor)s)), 0) as minor,
       coalesce(sum(i.weight) filter (where i.failed), 0) as failed
from (
    select inspection_id, team, result = 'hazards_ordered' as failed, power(0.5, (%(as_of)s::date - inspected_on) / %(half_life)s::float8) as weight
    from full_visits
    where inspected_on < %(as_of)s
      and inspected_on >= %(as_of)s::date - %(memory)s::integer
) i
left join found f using (inspection_id)
group by i.team
order by i.team

-- name: last_visit
-- The last full visit of each unit before the day, and what it found.
select l.unit_id, %(as_of)s::date - l.inspected_on as days_since_visit,
       count(h.hazard_id) filter (where h.severity = 'critical') as last_critical,
       count(h.hazard_id) filter (where h.severity = 'serious') as last_serious,
       count(h.hazard_id) as last_hazards, count(h.hazard_id) filter (where h.severity = 'minor') as last_minor,
       l.result as last_result
from (
    select distinct on (unit_id) unit_id, inspection_id, inspected_on, result
    from full_visits
    where inspected_on < %(as_of)s
      and (%(units)s::bigint[] is null or unit_id = any(%(units)s))
    order by unit_id, inspected_on desc, inspection_id desc
) l
left join hazards h on h.inspection_id = l.inspection_id and h.found_on < %(as_of)s
group by l.unit_id, l.inspected_on, l.result

-- name: hazards
-- Hazards found before the day whose correction was not known by then.
select unit_id, count(*) filter (where handling = 'ordered') as open_hazards,
       count(*) filter (where handling = 'ordered' and due_on < %(as_of)s) as overdue_hazards,
       count(*) filter (where is_major) as major_open
from hazards
where found_on < %(as_of)s and (corrected_on is null or corrected_on >= %(as_of)s)
  and (handling = 'ordered' or (is_major and handling <> 'corrected_on_spot'))
  and (%(units)s::bigint[] is null or unit_id = any(%(units)s))
group by unit_id

-- name: penalties
-- Penalties decided in the twelve months before the day and not withdrawn by then; a decision of several kinds is one.
select unit_id, count(*) filter (where not further_kind(p.case_no)) as penalties_12m,
       count(*) filter (where kind in ('suspension', 'seal', 'licence_revoked')) as grave_penalties_12m
from penalties p
where decided_on < %(as_of)s and decided_on >= %(as_of)s::date - interval '12 months'
  and (withdrawn_on is null or withdrawn_on >= %(as_of)s)
  and (%(units)s::bigint[] is null or unit_id = any(%(units)s))
group by unit_id

-- name: complaints
-- Complaints received in the twelve months before the day, and those known by then to be true.
select unit_id, count(*) as complaints_12m,
       count(*) filter (where verified and coalesce(checked_at, received_at) < %(moment)s) as complaints_verified_12m
from complaints
where received_at < %(moment)s and received_at >= %(moment_12m)s
  and (%(units)s::bigint[] is null or unit_id = any(%(units)s))
group by unit_id

-- name: findings
-- Off-site findings that stood as substantiated when the day began, by decisions of the twelve months before it; and
-- those that waited for a decision then. What no one has decided is counted apart, and is no violation.
select f.unit_id,
       count(*) filter (where d.decision = 'substantiated' and d.decided_at >= %(moment_12m)s)
           as findings_substantiated_12m,
       count(*) filter (where d.decision is null and coalesce(f.lapsed_at, 'infinity') >= %(moment)s) as findings_undecided
from findings f
left join lateral (
    select decision, decided_at from finding_decisions
    where finding_id = f.finding_id and decided_at < %(moment)s order by decision_id desc limit 1
) d on true
where f.found_at < %(moment)s and (%(units)s::bigint[] is null or f.unit_id = any(%(units)s))
group by f.unit_id

-- name: fires
-- Fires of the 36 months before the day, and those of the last twelve that took the ordinary procedure.
select unit_id, count(*) as fires_36m,
       count(*) filter (where procedure = 'ordinary' and occurred_at >= %(moment_12m)s) as grave_fires_12m
from fires
where occurred_at < %(moment)s and occurred_at >= %(moment_36m)s
  and (%(units)s::bigint[] is null or unit_id = any(%(units)s))
group by unit_id

-- name: credit
-- The sum of the credit ledger, and the gravest list a unit stands on, as known before the day.
select unit_id, coalesce(sum(points), 0)::float8 as credit_points,
       max(case list when 'serious' then 3 when 'general' then 2 when 'red' then 1 else 0 end) as credit_list
from (
    select unit_id, points, null::text as list from credit_entries
    where occurred_on < %(as_of)s and (%(units)s::bigint[] is null or unit_id = any(%(units)s))
    union all
    select unit_id, 0, list from credit_listings
    where from_day < %(as_of)s and (to_day is null or to_day >= %(as_of)s)
      and (%(units)s::bigint[] is null or unit_id = any(%(units)s))
) entries
group by unit_id

-- name: credit_districts
-- Those of the districts that keep credit at all: there a unit without an entry has a clean record, elsewhere none is
-- known. The first entry of a district is enough.
select asked.district
from unnest(%(districts)s::text[]) asked(district)
where exists (select from credit_entries e join units u using (unit_id)
              where left(u.area_code, 6) = asked.district and e.occurred_on < %(as_of)s)
   or exists (select from credit_listings l join units u using (unit_id)
              where left(u.area_code, 6) = asked.district and l.from_day < %(as_of)s)
