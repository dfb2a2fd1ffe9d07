-- name: unit
-- A unit by its number in the database, within the viewer's areas.
select u.unit_id, u.unit_no, u.name, u.uscc, u.area_code, a.name_zh as area_zh, a.name_en as area_en, u.address, u.kind,
       u.is_key, u.is_crowded, u.is_high_hazard, u.floor_area_m2, u.storeys, u.height_m, u.occupants, u.sleeping,
       u.dangerous_goods, u.built_year, u.status
from units u join areas a using (area_code)
where u.unit_id = %(unit_id)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: score
-- The newest score that is not of a day to come.
select s.as_of, s.score, s.rank, s.risk_class, s.base_class, s.direct, s.contributions, s.points, s.values,
       r.headings, s.noncompliance, s.ignition, s.consequence, s.probability, r.model, r.means, before.as_of as before_as_of, before.score as before_score,
       before.noncompliance as before_noncompliance, before.ignition as before_ignition,
       before.consequence as before_consequence,
       case when o.override_id is not null then jsonb_build_object(
           'override_id', o.override_id, 'direction', o.direction, 'classes', o.classes, 'class_before', s.class_before,
           'reason_code', o.reason_code, 'reason', o.reason, 'made_by', o.made_by,
           'until_day', least(o.until_day, w.from_day - 1)) end as override
from scores s left join score_runs r using (as_of)
left join overrides o on o.override_id = s.override_id
left join override_withdrawals w on w.override_id = s.override_id
left join lateral (select * from scores b where b.unit_id = s.unit_id and b.as_of < s.as_of
                   order by b.as_of desc limit 1) before on true
where s.unit_id = %(unit_id)s and s.as_of <= %(day)s order by s.as_of desc limit 1;

-- name: below
-- The unit that stands next below in the ranking of a day, within the viewer's areas. Never a walk to the end of the
-- ranking: beyond its next 2,000 places a viewer of few units has those looked up, one of many the next 20,000 places.
with near as (
    select s.unit_id, s.rank from scores s join units u using (unit_id)
    where s.as_of = %(as_of)s and s.rank > %(rank)s and u.status = 'active'
      and (%(areas)s::text[] is null or s.rank <= %(rank)s + 2000 and u.area_code = any(%(areas)s::text[]))
    order by s.rank limit 1
), mine as materialized (
    select unit_id from units
    where area_code = any(%(areas)s::text[]) and status = 'active' and not exists (select from near)
    limit 20001
), looked_up as (
    select mine.unit_id, place.rank
    from mine cross join lateral (select rank from scores s where s.unit_id = mine.unit_id and s.as_of = %(as_of)s
                                  and s.rank > %(rank)s offset 0) place
    where (select count(*) <= 20000 from mine)
    order by place.rank limit 1
), further as (
    select s.unit_id, s.rank from scores s join units u using (unit_id)
    where s.as_of = %(as_of)s and s.rank > %(rank)s + 2000 and s.rank <= %(rank)s + 20000
      and u.status = 'active' and u.area_code = any(%(areas)s::text[]) and (select count(*) > 20000 from mine)
    order by s.rank limit 1
), found as (select * from near union all select * from looked_up union all select * from further)
select u.unit_id, u.name, s.rank, s.contributions, s.points, s.values, r.headings
from found join units u using (unit_id)
join scores s on s.unit_id = found.unit_id and s.as_of = %(as_of)s left join score_runs r using (as_of);

-- name: scores
-- Scores of a span of days, oldest first.
select as_of, score, risk_class, rank from scores
where unit_id = %(unit_id)s and as_of between %(since)s and %(day)s order by as_of;

-- name: devices
-- Devices of a unit with their last state and the newest value of each metric: by index, and only over the month before
-- the device's last word, so that a device that fell silent years ago is not searched for through all the years.
select d.device_id, d.vendor_code, d.device_no, d.kind, d.location, d.status, l.online, l.last_ts, l.offline_since,
       coalesce(newest.metric_values, '{}') as metric_values, coalesce(l.conditions, '{}') as conditions
from devices d left join device_last l using (device_id) left join lateral (
    select jsonb_object_agg(m.code, jsonb_build_array(r.value, to_char(
               r.ts at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))) as metric_values
    from metrics m cross join lateral (
        select value, ts from readings
        where device_id = d.device_id and metric_id = m.metric_id and ts > l.last_ts - interval '30 days'
        order by ts desc limit 1) r) newest on true
where d.unit_id = %(unit_id)s
order by d.status, d.kind, d.device_no limit %(limit)s;

-- name: metrics
-- What the devices of a unit measure.
select m.code from metrics m
where exists (select from devices d join device_last l using (device_id), lateral (
    select from readings
    where device_id = d.device_id and metric_id = m.metric_id and ts > l.last_ts - interval '30 days' limit 1) r
    where d.unit_id = %(unit_id)s)
order by m.code;

-- name: alarms
-- Latest alarms of a unit.
select alarm_id, a.device_id, d.device_no, d.location, a.kind, a.point, opened_at, restored_at, verdict, verdict_by,
       verdict_note
from alarms a join devices d using (device_id)
where a.unit_id = %(unit_id)s order by opened_at desc limit %(limit)s;

-- name: inspections
-- Inspections of a unit, planned ones first.
select i.inspection_id, i.inspection_no, i.kind, i.arm, i.draw_no, i.planned_on, i.inspected_on, i.status, i.result,
       i.note, i.team,
       (select count(*) from hazards h where h.inspection_id = i.inspection_id) as hazards,
       (select array_agg(o.name order by io.role, o.name) from inspection_officers io join officers o using (officer_no)
        where io.inspection_id = i.inspection_id) as officers
from inspections i
where i.unit_id = %(unit_id)s
order by coalesce(i.inspected_on, i.planned_on) desc nulls last, i.inspection_id desc limit %(limit)s;

-- name: hazards
-- Hazards found at a unit.
select h.hazard_id, h.inspection_id, h.item_code, n.name_zh, n.name_en, h.severity, h.is_major, h.found_on, h.handling,
       h.due_on, h.corrected_on, h.note
from hazards h left join lateral (
    select name_zh, name_en from inspection_items i where i.item_code = h.item_code and i.valid_from <= h.found_on
    order by i.valid_from desc limit 1) n on true
where h.unit_id = %(unit_id)s order by h.found_on desc, h.hazard_id desc limit %(limit)s;

-- name: orders
-- Orders to correct.
select order_id, order_no, inspection_id, kind, served_on, correct_by, recheck_by, closed_on
from orders where unit_id = %(unit_id)s order by served_on desc limit %(limit)s;

-- name: penalties
-- Penalties.
select penalty_id, case_no, decided_on, kind, amount_yuan::float8 as amount_yuan, article, withdrawn_on
from penalties where unit_id = %(unit_id)s order by decided_on desc limit %(limit)s;

-- name: complaints
-- Complaints and whether they proved true.
select complaint_id, complaint_no, received_at, channel, kind, check_by, checked_at, verified
from complaints where unit_id = %(unit_id)s order by received_at desc limit %(limit)s;

-- name: findings
-- Off-site findings with the decision that stands; those that lapsed are not of the record.
select f.finding_id, f.finding_no, f.rule, f.began_at, f.ended_at, f.state, f.decide_by, f.evidence -> 'facts' as facts,
       d.decided_by, d.decided_at, d.reason
from findings f
left join lateral (select decided_by, decided_at, reason from finding_decisions
                   where finding_id = f.finding_id order by decision_id desc limit 1) d on true
where f.unit_id = %(unit_id)s and f.state <> 'lapsed' order by f.began_at desc, f.finding_id desc limit %(limit)s;

-- name: fires
-- Fires.
select fire_id, fire_no, occurred_at, procedure, note
from fires where unit_id = %(unit_id)s order by occurred_at desc limit %(limit)s;

-- name: credit
-- Credit points, one row for each event.
select entry_id, occurred_on, points::float8 as points, event_kind, event_ref, article
from credit_entries where unit_id = %(unit_id)s order by occurred_on desc, entry_id desc limit %(limit)s;

-- name: credit_listings
-- 失信 lists and the red list.
select list, from_day, to_day, basis from credit_listings where unit_id = %(unit_id)s order by from_day desc limit %(limit)s;
