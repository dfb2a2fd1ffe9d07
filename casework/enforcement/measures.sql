-- name: case
-- The case that a measure carries out, with what was decided in it.
select c.case_id, c.case_no, c.standing, c.officers, u.unit_no,
    (select s.details from enforcement_steps s where s.noun = 'case' and s.ref = c.case_no and s.step = 'decision') as decision,
    (select min(s.at) from enforcement_steps s where s.noun = 'case' and s.ref = c.case_no and s.step = 'served') as served_at,
    exists (select from enforcement_steps s where s.noun = 'case' and s.ref = c.case_no
            and s.step = 'decision_withdrawn') as withdrawn
from cases c join units u using (unit_id) where c.case_no = %s;

-- name: visit
-- The visit that a measure comes of.
select inspection_id, unit_id, inspected_on, ended_at from inspections where inspection_no = %s;

-- name: same
-- A measure of a unit that stands, of the same kind and scope.
select measure_no from measures
where unit_id = %(unit)s and kind = %(kind)s and scope = %(scope)s
  and (standing = 'standing' and (until_on is null or until_on >= %(day)s) or began_on = %(day)s) limit 1;

-- name: insert
-- One measure, of the area in which its unit lies now.
insert into measures (measure_no, kind, unit_id, area_code, inspection_id, case_id, again_of, path, ground, scope,
                      officers, began_at, began_on, until_on, entered_by)
select %(number)s, %(kind)s, u.unit_id, u.area_code, %(inspection)s, %(case)s, %(again)s, %(path)s, %(ground)s,
       %(scope)s, %(officers)s, %(began_at)s, %(day)s, %(until_on)s, %(actor)s
from units u where u.unit_id = %(unit)s
returning measure_id, area_code;

-- name: locked
-- One measure with its unit, locked.
select m.*, u.unit_no, u.is_key from measures m join units u using (unit_id) where m.measure_no = %s for update of m;

-- name: one
-- One measure for reading.
select m.measure_id, m.measure_no, m.kind, m.unit_id, u.unit_no, u.name as unit_name, u.is_key, m.area_code,
       a.name_zh as area_zh, a.name_en as area_en, m.inspection_id, i.inspection_no, c.case_no,
       e.measure_no as again_of, m.path, m.ground, m.scope, m.officers, m.began_at, m.began_on, m.until_on, m.standing,
       m.ended_on, m.entered_by, m.entered_at
from measures m join units u using (unit_id) join areas a on a.area_code = m.area_code
left join inspections i on i.inspection_id = m.inspection_id left join cases c on c.case_id = m.case_id
left join measures e on e.measure_id = m.again_of
where m.measure_no = %s;

-- name: stand
-- Where a measure stands after a step.
update measures set standing = %(standing)s, until_on = coalesce(%(until)s::date, until_on),
                    ended_on = coalesce(ended_on, %(ended)s::date)
where measure_id = %(measure)s;

-- name: of_case
-- The orders to stop that carry out the decision of a case and stand, locked.
select m.measure_id, m.measure_no, m.began_at from measures m join cases c using (case_id)
where c.case_no = %s and m.kind = 'suspension' and m.standing = 'standing' for update of m;

-- name: run_out
-- Seals whose last day has passed.
update measures set standing = 'expired', ended_on = until_on
where standing = 'standing' and until_on < %(day)s
returning measure_no, until_on;
