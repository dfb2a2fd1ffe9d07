-- name: days_ordered
-- The days to correct by that the hazards of a record name.
select distinct due_on from hazards where inspection_id = %s and handling = 'ordered' order by due_on;

-- name: insert_order
-- One order to correct.
insert into orders (order_no, inspection_id, unit_id, kind, served_on, correct_by, recheck_by, created_by)
values (%(number)s, %(inspection)s, %(unit)s, %(kind)s, %(served)s, %(correct)s, %(recheck)s, %(actor)s);

-- name: lock_hazards
-- Hazards that are said to be corrected, locked in one order so that two entries can't wait for each other.
select hazard_id, unit_id, inspection_id, found_on, corrected_on from hazards where hazard_id = any(%s)
order by hazard_id for update;

-- name: correct_hazard
-- A hazard that a re-inspection found corrected.
update hazards set corrected_on = %(day)s, confirmed_in = %(inspection)s where hazard_id = %(hazard)s;

-- name: close_orders
-- Orders with a hazard just corrected and none left open.
update orders o set closed_on = %(day)s
where o.closed_on is null
  and exists (select from hazards h where h.hazard_id = any(%(hazards)s) and h.inspection_id = o.inspection_id
              and h.due_on = o.correct_by and h.handling = 'ordered')
  and not exists (select from hazards h where h.inspection_id = o.inspection_id and h.due_on = o.correct_by
                  and h.handling = 'ordered' and h.corrected_on is null)
returning o.order_no;
