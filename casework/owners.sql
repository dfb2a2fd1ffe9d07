-- name: area
-- The area of a unit.
select area_code from units where unit_id = %s;

-- name: visit
-- The unit of a visit, its area, and the body that led it.
select i.unit_id, u.area_code, coalesce((
    select o.body from inspection_officers io join officers o using (officer_no)
    where io.inspection_id = i.inspection_id order by io.role limit 1), 'brigade') as body
from inspections i join units u using (unit_id) where i.inspection_id = %s;
