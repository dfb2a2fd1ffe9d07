-- name: add
-- The next version of a template.
insert into document_templates (code, version, from_day, title, body, made_by)
select %(code)s, coalesce(max(version), 0) + 1, %(from)s, %(title)s, %(body)s, %(actor)s
from document_templates where code = %(code)s
on conflict do nothing returning version;

-- name: on_day
-- The template that holds on a day.
select code, version, from_day, title, body from document_templates
where code = %(code)s and from_day <= %(day)s order by from_day desc, version desc limit 1;

-- name: versions
-- Every version of every template.
select code, version, from_day, title, body, made_by, made_at from document_templates order by code, version limit 500;

-- name: visit
-- What the record of a visit says.
select i.inspection_no, i.started_at, i.ended_at, i.result, i.inspected_on, u.name as unit, u.unit_no, u.address
from inspections i join units u using (unit_id) where i.inspection_id = %s;

-- name: team
-- Who made a visit, the lead first.
select o.officer_no, o.name, o.certificate_no, p.role from inspection_officers p join officers o using (officer_no)
where p.inspection_id = %s order by p.role, o.officer_no;

-- name: hazards
-- What a visit found, named as the catalogue had it that day.
select h.item_code, h.handling, h.due_on,
    coalesce((select name_zh from inspection_items n where n.item_code = h.item_code and n.valid_from <= h.found_on
              order by n.valid_from desc limit 1), h.item_code) as name
from hazards h where h.inspection_id = %s order by h.hazard_id;

-- name: orders
-- The orders of a visit.
select order_no, kind, correct_by from orders where inspection_id = %s order by order_no;

-- name: items
-- Names of items on a day.
select distinct on (item_code) item_code, name_zh from inspection_items
where item_code = any(%(items)s) and valid_from <= %(day)s order by item_code, valid_from desc;
