-- name: areas
-- Areas in the register.
select area_code from areas;

-- name: units
-- Units in the register.
select unit_no from units;

-- name: places
-- What units in the register can be recognised by.
select unit_no, name, address, lon, lat from units where status = 'active';

-- name: items
-- Items of the catalogue, of whatever day.
select distinct item_code from inspection_items;

-- name: unit_facts
-- Where units came from, and the day of their latest imported visit.
select u.unit_no, u.source,
    (select max(i.inspected_on) from inspections i where i.unit_id = u.unit_id and i.source = 'import') as latest
from units u where u.unit_no = any(%s);

-- name: taken_inspections
-- Numbers that were not imported.
select inspection_no as number from inspections where source <> 'import';

-- name: taken_penalties
-- Cases that were not imported.
select case_no as number from penalties where entered_by is distinct from 'import';

-- name: taken_complaints
-- Complaints that were not imported.
select complaint_no as number from complaints where entered_by is distinct from 'import';

-- name: taken_fires
-- Nothing of a fire says where it came from, so none is out of reach.
select null::text as number where false;

-- name: taken_credit
-- The ledger is append-only, so nothing of it can be touched anyway.
select null::text as number where false;

-- name: remove_stale
-- Hazards of imported visits that the file no longer has: a file tells a visit whole.
with told as materialized (
    select * from unnest(%(of)s::text[], %(items)s::text[]) as told (inspection_no, item_code))
delete from hazards h using inspections i
where h.inspection_id = i.inspection_id and i.inspection_no = any(%(numbers)s) and i.source = 'import'
  and h.confirmed_in is null
  and not exists (select from told where told.inspection_no = i.inspection_no and told.item_code = h.item_code);

-- name: analyze
-- Fresh figures for the planner.
analyze units, inspections, hazards;
