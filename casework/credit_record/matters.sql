-- name: unit
-- A unit by its number.
select unit_id, unit_no, area_code, name from units where unit_no = %s;

-- name: last_matter
-- The highest place taken in a day.
select max(substring(substr(matter_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from credit_matters where matter_no like %(prefix)s;

-- name: last_promise
-- The highest place taken in a day.
select max(substring(substr(promise_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from credit_promises where promise_no like %(prefix)s;

-- name: insert
-- A matter.
insert into credit_matters (matter_no, noun, unit_id, area_code, target, ref, details, began_at, standing, entered_by)
values (%(number)s, %(noun)s, %(unit)s, %(area)s, %(target)s, %(ref)s, %(details)s, %(at)s, %(standing)s, %(actor)s)
returning *;

-- name: locked
-- A matter with the number of its unit, locked.
select m.*, u.unit_no, u.name as unit_name from credit_matters m join units u using (unit_id)
where m.noun = %(noun)s and m.matter_no = %(number)s for update of m;

-- name: stand
-- Where a matter stands after a step.
update credit_matters set standing = %(standing)s, closed_on = coalesce(closed_on, %(closed)s::date)
where matter_id = %(matter)s;

-- name: add
-- A step.
insert into credit_steps (matter_id, step, at, note, details, entered_by)
values (%(matter)s, %(step)s, %(at)s, %(note)s, %(details)s, %(actor)s);

-- name: steps
-- What a matter went through.
select step_id, step, at, note, details, entered_by, entered_at from credit_steps where matter_id = %s order by step_id;

-- name: whole
-- A matter with its unit.
select m.*, u.unit_no, u.name as unit_name from credit_matters m join units u using (unit_id) where m.matter_no = %s;
