-- name: visit
-- One visit with the draw that planned it.
select i.inspection_id, i.inspection_no, i.kind, i.arm, i.draw_probability, i.status, i.planned_on, i.draw_no,
       u.unit_no, u.area_code, d.draw_id, d.kind as draw_kind
from inspections i join units u using (unit_id) left join draws d on d.draw_no = i.draw_no
where i.inspection_no = %s;

-- name: visits_of_officer
-- The drawn visits that wait for an officer on a day.
select i.inspection_no
from inspections i join inspection_officers io using (inspection_id)
where io.officer_no = %(officer)s and i.planned_on = %(day)s and i.status = 'planned' and i.draw_no is not null
order by i.inspection_no;

-- name: first
-- The draw whose visit is replaced, with its content.
select draw_id, draw_no, draw_date, kind, status, record_hash, frame, bundle from draws where draw_no = %s;

-- name: drawn_that_day
-- Units that any draw has planned a visit at on a day, whatever became of it.
select distinct u.unit_no from inspections i join units u using (unit_id)
where i.planned_on = %s and i.draw_no is not null;

-- name: unit_ids
-- Identifiers of units by number.
select unit_no, unit_id from units where unit_no = any(%s);

-- name: waiting
-- Replacements in a draw that are frozen and not drawn.
select draw_no, frame from draws where kind = 'replacement' and status = 'frozen' and of_draw = %s order by sequence desc;

-- name: stands
-- The replacement that a visit has been replaced by.
select d.draw_no, d.record_hash, d.drawn_at from list_visits v join draws d using (draw_id)
where v.replaces = (select inspection_id from inspections where inspection_no = %s);

-- name: replaced_by_unit
-- The visit of a draw at a unit.
select i.inspection_id, i.inspection_no, i.kind, i.arm, i.draw_probability, u.unit_no
from inspections i join units u using (unit_id) where i.draw_no = %(draw)s and u.unit_no = any(%(units)s)
order by u.unit_no;

-- name: officer
-- Whether an officer is registered.
select officer_no from officers where officer_no = %s;

-- name: team
-- The officers of a visit.
select officer_no from inspection_officers where inspection_id = %s;
