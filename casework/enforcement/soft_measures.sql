-- name: visit
-- The visit at which it was taken.
select inspection_id from inspections where inspection_no = %(number)s and unit_id = %(unit)s;

-- name: insert
-- One soft measure, of the area in which its unit lies now.
insert into soft_measures (unit_id, area_code, inspection_id, kind, taken_on, officers, note, entered_by)
select u.unit_id, u.area_code, %(inspection)s, %(kind)s, %(day)s, %(officers)s, %(note)s, %(actor)s
from units u where u.unit_id = %(unit)s
on conflict on constraint soft_measure_once do nothing
returning soft_measure_id;
