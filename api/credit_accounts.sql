-- name: evaluations
-- Evaluations of a year, by unit.
select e.unit_id, u.unit_no, u.name as unit_name, u.area_code, e.year, e.as_of, e.grade, e.inputs, e.measures,
       e.policy_version
from credit_evaluations e join units u using (unit_id)
where e.year = %(year)s and e.unit_id > %(after)s and (%(grade)s = '' or e.grade = %(grade)s)
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
order by e.unit_id limit %(limit)s;

-- name: promise_unit
-- Whose promise it is, within the viewer's areas.
select u.unit_no from credit_promises p join units u using (unit_id)
where p.promise_no = %(number)s and (%(areas)s::text[] is null or p.area_code = any(%(areas)s::text[]));
