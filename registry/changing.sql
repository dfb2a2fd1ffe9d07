-- name: one_areas
-- One area, for a change.
select area_code, parent_code, level, name_zh, name_en
from areas where area_code = %(area_code)s for update

-- name: one_units
-- One unit, for a change.
select unit_no, name, uscc, area_code, address, kind, is_key, is_crowded, is_high_hazard, floor_area_m2, storeys,
    height_m, occupants, sleeping, dangerous_goods, built_year, lon, lat, attributes, status, registered_on, source
from units where unit_no = %(unit_no)s for update

-- name: one_vendors
-- One vendor, for a change.
select vendor_code, name, status
from vendors where vendor_code = %(vendor_code)s for update

-- name: one_devices
-- One device, for a change.
select d.vendor_code, d.device_no, u.unit_no, d.kind, d.location, d.installed_on, d.settings, d.status
from devices d join units u using (unit_id)
where d.vendor_code = %(vendor_code)s and d.device_no = %(device_no)s for update of d

-- name: one_officers
-- One officer, for a change.
select officer_no, name, body, area_codes, certificate_no, certificate_from, certificate_to, can_lead, skills,
    daily_visits, status
from officers where officer_no = %(officer_no)s for update

-- name: one_items
-- One version of an inspection item, for a change.
select item_code, valid_from, valid_to, name_zh, name_en, category, severity, basis, inspecting_body, objects, ratio,
    frequency, method, content
from inspection_items where item_code = %(item_code)s and valid_from = %(valid_from)s for update

-- name: one_leave
-- One leave of an officer, for a change.
select officer_no, from_day, to_day, reason
from officer_leave where officer_no = %(officer_no)s and from_day = %(from_day)s for update

-- name: one_recusals
-- One recusal, for a change.
select r.officer_no, u.unit_no, r.reason
from officer_recusals r join units u using (unit_id)
where r.officer_no = %(officer_no)s and u.unit_no = %(unit_no)s for update of r

-- name: remove_leave
-- Take back one leave.
delete from officer_leave where officer_no = %(officer_no)s and from_day = %(from_day)s

-- name: remove_recusals
-- Take back one recusal.
delete from officer_recusals
where officer_no = %(officer_no)s and unit_id = (select unit_id from units where unit_no = %(unit_no)s)
