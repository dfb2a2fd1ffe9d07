-- name: officer
-- What the register says of one officer, and whether a unit lies in the officer's areas.
with recursive above as (
    select a.area_code, a.parent_code from units u join areas a using (area_code) where u.unit_id = %(unit)s
    union all
    select p.area_code, p.parent_code from areas p join above on p.area_code = above.parent_code
)
select o.body, o.status, o.skills, o.area_codes, o.area_codes && array(select area_code from above) as in_area
from officers o where o.officer_no = %(officer)s;
