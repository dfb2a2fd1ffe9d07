-- name: units
-- The identities of some units, and the areas in which they lie.
select unit_no, unit_id, area_code from units where unit_no = any(string_to_array(%s, chr(31)));

-- name: visits
-- Visits of some numbers: whether they were brought in, their day, their identities as COPY has them, and whose they are.
select inspection_no, source = 'import', inspected_on, '\x00000008'::bytea || int8send(inspection_id),
       '\x00000008'::bytea || int8send(unit_id), staff_body
from inspections where inspection_no = any(string_to_array(%s, chr(31)));
