-- name: officers_at_unit
-- Officers with what speaks against their acting at one unit on one day.
with recursive above as (
    select a.area_code, a.parent_code from units u join areas a using (area_code) where u.unit_id = %(unit)s
    union all
    select p.area_code, p.parent_code from areas p join above on p.area_code = above.parent_code
)
select o.officer_no, o.name, o.body, o.status, o.certificate_no, o.certificate_from, o.certificate_to,
    (select r.reason from officer_recusals r where r.officer_no = o.officer_no and r.unit_id = %(unit)s) as recused,
    exists (select from officer_leave l where l.officer_no = o.officer_no
            and %(day)s::date between l.from_day and l.to_day) as on_leave,
    o.area_codes && array(select area_code from above) as in_area
from officers o where o.officer_no = any(%(officers)s);
