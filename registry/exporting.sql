-- name: export_areas
-- Areas from the top down.
select area_code, parent_code, level, name_zh, name_en
from areas
where %(areas)s::text[] is null or area_code = any(%(areas)s)
order by level = 'town', level = 'district', area_code

-- name: export_units
-- Units of some areas, or all.
select unit_no, name, uscc, area_code, address, kind, is_key, is_crowded, is_high_hazard, floor_area_m2, storeys,
    height_m, occupants, sleeping, dangerous_goods, built_year, lon, lat, attributes, status, registered_on, source
from units
where %(areas)s::text[] is null or area_code = any(%(areas)s)
order by unit_no

-- name: export_vendors
-- Every vendor.
select vendor_code, name, status
from vendors
order by vendor_code

-- name: export_devices
-- Devices in units of some areas, or all.
select d.vendor_code, d.device_no, u.unit_no, d.kind, d.location, d.installed_on, d.settings, d.status
from devices d join units u using (unit_id)
where %(areas)s::text[] is null or u.area_code = any(%(areas)s)
order by d.vendor_code, d.device_no

-- name: export_officers
-- Officers of some areas, or all.
select officer_no, name, body, area_codes, certificate_no, certificate_from, certificate_to, can_lead, skills,
    daily_visits, status
from officers
where %(areas)s::text[] is null or area_codes && %(areas)s
order by officer_no

-- name: export_items
-- Every version of every inspection item.
select item_code, valid_from, valid_to, name_zh, name_en, category, severity, basis, inspecting_body, objects, ratio,
    frequency, method, content
from inspection_items
order by item_code, valid_from

-- name: export_leave
-- Leave of the officers of some areas, or all.
select l.officer_no, l.from_day, l.to_day, l.reason
from officer_leave l join officers o using (officer_no)
where %(areas)s::text[] is null or o.area_codes && %(areas)s
order by l.officer_no, l.from_day

-- name: export_recusals
-- Recusals for units of some areas, or all.
select r.officer_no, u.unit_no, r.reason
from officer_recusals r join units u using (unit_id)
where %(areas)s::text[] is null or u.area_code = any(%(areas)s)
order by r.officer_no, u.unit_no
