-- name: units
-- The identities of some units.
select unit_no, unit_id from units where unit_no = any(%s);

-- name: visits
-- Visits of some numbers: whether they were brought in, their day, their identities, and whose they are.
select inspection_no, source = 'import', inspected_on, inspection_id, unit_id, staff_body
from inspections where inspection_no = any(%s);
