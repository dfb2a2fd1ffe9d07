-- name: visit
-- The visit of a number.
select i.inspection_id, i.inspected_on from inspections i where i.inspection_no = %s and i.status = 'done';

-- name: insert
-- A list that was filled in, once for a visit.
insert into inspection_checklists (inspection_id, checklist, version, answers, failed, made_by)
values (%(inspection)s, %(list)s, %(version)s, %(answers)s, %(failed)s, %(actor)s)
on conflict do nothing returning inspection_id;

-- name: listed
-- Lists that were filled in, of the newest visits first.
select c.inspection_id, i.inspection_no, i.inspected_on, u.unit_id, u.unit_no, u.name as unit_name, c.checklist, c.version,
    c.answers, c.failed, c.made_by
from inspection_checklists c join inspections i using (inspection_id) join units u on u.unit_id = i.unit_id
where c.checklist = %(list)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
  and (%(before)s::bigint is null or c.inspection_id < %(before)s)
order by c.inspection_id desc limit %(limit)s;

-- name: counted
-- Lists of the visits of some days by what was missed.
select c.failed, count(*)::int as n
from inspection_checklists c join inspections i using (inspection_id) join units u on u.unit_id = i.unit_id
where c.checklist = %(list)s and i.inspected_on between %(first)s and %(last)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
group by c.failed;
