-- name: one
-- One case for reading.
select c.case_id, c.case_no, c.unit_id, u.unit_no, u.name as unit_name, u.is_key, c.area_code, a.name_zh as area_zh,
       a.name_en as area_en, c.inspection_id, i.inspection_no, i.started_at as visit_began, c.party, c.regime,
       c.procedure, c.article, c.facts, c.items, c.officers, c.offence_on, c.life_safety, c.filed_at, c.filed_on,
       c.standing, c.decided_on, c.closed_on, c.entered_by, c.entered_at
from cases c join units u using (unit_id) join areas a on a.area_code = c.area_code
left join inspections i on i.inspection_id = c.inspection_id
where c.case_no = %s;

-- name: clocks
-- The periods of something, the first due first.
select rule, started_at, soon_at, due_at, done_at, dropped_at, dropped_why from clocks
where noun = %(noun)s and ref = %(ref)s order by due_at, clock_id;
