-- name: inspections
-- A unit's visits, newest first, with officers and hazards.
select i.inspection_id, i.inspection_no, i.kind, i.arm, i.draw_no, i.status, i.result, i.planned_on, i.inspected_on,
    i.started_at, i.ended_at, i.team, i.note, i.source,
    coalesce((select jsonb_agg(jsonb_build_object('officer_no', o.officer_no, 'name', o.name, 'role', io.role)
                               order by io.role, o.officer_no)
              from inspection_officers io join officers o using (officer_no)
              where io.inspection_id = i.inspection_id), '[]') as officers,
    coalesce((select jsonb_agg(jsonb_build_object('hazard_id', h.hazard_id, 'item_code', h.item_code,
                               'name_zh', c.name_zh, 'name_en', c.name_en, 'severity', h.severity,
                               'is_major', h.is_major, 'handling', h.handling, 'due_on', h.due_on,
                               'corrected_on', h.corrected_on, 'note', h.note) order by h.hazard_id)
              from hazards h
              left join lateral (select name_zh, name_en from inspection_items t
                                 where t.item_code = h.item_code and t.valid_from <= h.found_on
                                 order by t.valid_from desc limit 1) c on true
              where h.inspection_id = i.inspection_id), '[]') as hazards
from inspections i where i.unit_id = %(unit)s
order by coalesce(i.inspected_on, i.planned_on) desc nulls last, i.inspection_id desc
limit %(limit)s;

-- name: open_hazards
-- A unit's hazards that were ordered to be corrected and are not, the earliest due first.
select h.hazard_id, h.item_code, c.name_zh, c.name_en, h.severity, h.is_major, h.found_on, h.due_on, i.inspection_no,
    h.due_on < %(day)s as overdue
from hazards h
join inspections i using (inspection_id)
left join lateral (select name_zh, name_en from inspection_items t
                   where t.item_code = h.item_code and t.valid_from <= h.found_on
                   order by t.valid_from desc limit 1) c on true
where h.unit_id = %(unit)s and h.handling = 'ordered' and h.corrected_on is null
order by h.due_on, h.hazard_id
limit %(limit)s;

-- name: orders
-- A unit's orders, newest first.
select o.*, i.inspection_no, o.closed_on is null and o.recheck_by < %(day)s as late
from orders o join inspections i using (inspection_id)
where o.unit_id = %(unit)s order by o.served_on desc, o.order_id desc limit %(limit)s;

-- name: penalties
-- Decisions against a unit, newest first, with those who signed.
select p.*, i.inspection_no,
    array(select officer_no from penalty_officers s where s.penalty_id = p.penalty_id order by officer_no) as officers
from penalties p left join inspections i on i.inspection_id = p.inspection_id
where p.unit_id = %(unit)s order by p.decided_on desc, p.penalty_id desc limit %(limit)s;

-- name: complaints
-- Complaints about a unit, newest first.
select * from complaints where unit_id = %(unit)s order by received_at desc limit %(limit)s;

-- name: fires
-- Fires at a unit, newest first.
select * from fires where unit_id = %(unit)s order by occurred_at desc limit %(limit)s;

-- name: findings
-- Off-site findings at a unit, newest first, with the decision that stands; only a substantiated one is a violation.
select f.finding_id, f.finding_no, f.rule, f.began_at, f.ended_at, f.found_at, f.decide_by, f.state, d.decided_by,
    d.decided_at, d.reason, i.inspection_no
from findings f
left join lateral (select decided_by, decided_at, reason, inspection_id from finding_decisions
                   where finding_id = f.finding_id order by decision_id desc limit 1) d on true
left join inspections i on i.inspection_id = d.inspection_id
where f.unit_id = %(unit)s and f.state <> 'lapsed'
order by f.began_at desc, f.finding_id desc limit %(limit)s;

-- name: credit_sum
-- What the ledger adds up to by a day.
select coalesce(sum(points), 0) as points from credit_entries where unit_id = %(unit)s and occurred_on <= %(day)s;

-- name: credit_entries
-- The newest entries of a unit's ledger.
select entry_id, occurred_on, points, event_kind, event_ref, article, entered_at from credit_entries
where unit_id = %(unit)s and occurred_on <= %(day)s order by occurred_on desc, entry_id desc limit %(limit)s;

-- name: listings
-- The lists a unit is or was on.
select list, from_day, to_day, basis, from_day <= %(day)s and (to_day is null or to_day >= %(day)s) as holds
from credit_listings where unit_id = %(unit)s order by from_day desc limit %(limit)s;

-- name: inspection
-- One visit with its unit, officers, hazards and orders.
select i.*, u.unit_no, u.name as unit_name, u.area_code, u.kind as unit_kind, u.is_key, u.is_crowded,
    coalesce((select jsonb_agg(jsonb_build_object('officer_no', o.officer_no, 'name', o.name, 'role', io.role)
                               order by io.role, o.officer_no)
              from inspection_officers io join officers o using (officer_no)
              where io.inspection_id = i.inspection_id), '[]') as officers,
    coalesce((select jsonb_agg(to_jsonb(h) order by h.hazard_id) from hazards h
              where h.inspection_id = i.inspection_id), '[]') as hazards,
    coalesce((select jsonb_agg(to_jsonb(o) order by o.order_no) from orders o
              where o.inspection_id = i.inspection_id), '[]') as orders
from inspections i join units u using (unit_id) where i.inspection_no = %s;

-- name: planned_visits
-- The visits planned for a day.
select i.inspection_no, i.status, i.result, i.kind, i.arm, i.draw_no, i.planned_on, u.unit_id, u.unit_no,
    u.name as unit_name, u.address, u.area_code, u.kind as unit_kind, u.is_key, u.is_crowded,
    coalesce((select jsonb_agg(jsonb_build_object('officer_no', o.officer_no, 'name', o.name, 'role', io.role)
                               order by io.role, o.officer_no)
              from inspection_officers io join officers o using (officer_no)
              where io.inspection_id = i.inspection_id), '[]') as officers
from inspections i join units u using (unit_id)
where i.planned_on = %(day)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
order by i.inspection_no limit %(limit)s;

-- name: waiting_visits
-- Planned visits without a result, oldest first.
select i.inspection_no, i.kind, i.arm, i.draw_no, i.planned_on, u.unit_id, u.unit_no, u.name as unit_name, u.area_code
from inspections i join units u using (unit_id)
where i.status = 'planned' and i.planned_on <= %(day)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
order by i.planned_on, i.inspection_no limit %(limit)s;

-- name: open_orders
-- Orders not closed, the most pressing first.
select o.order_no, o.kind, o.served_on, o.correct_by, o.recheck_by, i.inspection_no, u.unit_id, u.unit_no,
    u.name as unit_name, u.area_code, o.recheck_by < %(day)s as late,
    (select count(*) from hazards h where h.inspection_id = o.inspection_id and h.due_on = o.correct_by
        and h.handling = 'ordered' and h.corrected_on is null) as hazards_open
from orders o join inspections i using (inspection_id) join units u on u.unit_id = o.unit_id
where o.closed_on is null and (not %(late)s or o.recheck_by < %(day)s)
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
order by o.recheck_by, o.order_no limit %(limit)s;

-- name: open_complaints
-- Complaints not checked, the most pressing first.
select c.complaint_no, c.kind, c.channel, c.received_at, c.check_by, u.unit_id, u.unit_no, u.name as unit_name,
    u.area_code, c.check_by < %(now)s as late
from complaints c join units u using (unit_id)
where c.checked_at is null and (not %(late)s or c.check_by < %(now)s)
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
order by c.check_by, c.complaint_no limit %(limit)s;

-- name: items_on
-- The catalogue on a day.
select distinct on (item_code) item_code, name_zh, name_en, category, severity, basis from inspection_items
where valid_from <= %(day)s and (valid_to is null or valid_to >= %(day)s)
order by item_code, valid_from desc;
