-- name: units
-- Units by number, behind those of the page before: picked by the index of numbers, then dressed.
with picked as (
    select u.unit_id from units u
    where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
      and (%(kind)s::text is null or u.kind = %(kind)s)
      and (%(text)s::text is null or u.unit_id = any(%(units)s::bigint[])
           or (%(units)s::bigint[] is null and (u.name collate "C" ilike %(text)s or u.unit_no collate "C" ilike %(text)s
                                                or u.uscc collate "C" ilike %(text)s)))
      and u.unit_no > coalesce(%(key)s::text, '')
    order by u.unit_no limit %(limit)s
)
select u.unit_id, u.unit_no, u.name, u.uscc, u.kind, u.area_code, a.name_zh as area_zh, a.name_en as area_en, u.address,
       u.is_key, u.is_crowded, u.is_high_hazard, u.floor_area_m2, u.status,
       (select count(*) from devices d where d.unit_id = u.unit_id and d.status = 'active') as devices
from picked join units u using (unit_id) join areas a using (area_code)
order by u.unit_no;

-- name: units_counted
-- How many units fit.
select count(*) as total from units u
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(kind)s::text is null or u.kind = %(kind)s)
  and (%(text)s::text is null or u.unit_id = any(%(units)s::bigint[])
       or (%(units)s::bigint[] is null and (u.name collate "C" ilike %(text)s or u.unit_no collate "C" ilike %(text)s
                                            or u.uscc collate "C" ilike %(text)s)));

-- name: devices
-- Devices with where they hang and when they were last heard, behind those of the page before.
select d.device_id, d.vendor_code, d.device_no, d.kind, d.location, d.status, u.unit_id, u.unit_no, u.name as unit_name,
       l.online, l.last_ts, l.last_received_at, l.offline_since
from devices d join units u using (unit_id) left join device_last l using (device_id)
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(vendor)s::text is null or d.vendor_code = %(vendor)s)
  and (%(kind)s::text is null or d.kind = %(kind)s)
  and (%(offline)s::boolean is null or (not coalesce(l.online, false)) = %(offline)s)
  and (%(text)s::text is null or u.unit_id = any(%(units)s::bigint[]) or d.device_no ilike %(text)s
       or (%(units)s::bigint[] is null and (u.name collate "C" ilike %(text)s or u.unit_no collate "C" ilike %(text)s)))
  and (d.vendor_code, d.device_no) > (coalesce(%(key)s::text, ''), coalesce(%(second)s::text, ''))
order by d.vendor_code, d.device_no limit %(limit)s;

-- name: devices_counted
-- How many devices fit.
select count(*) as total
from devices d join units u using (unit_id) left join device_last l using (device_id)
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(vendor)s::text is null or d.vendor_code = %(vendor)s)
  and (%(kind)s::text is null or d.kind = %(kind)s)
  and (%(offline)s::boolean is null or (not coalesce(l.online, false)) = %(offline)s)
  and (%(text)s::text is null or u.unit_id = any(%(units)s::bigint[]) or d.device_no ilike %(text)s
       or (%(units)s::bigint[] is null and (u.name collate "C" ilike %(text)s or u.unit_no collate "C" ilike %(text)s)));

-- name: officers
-- Officers of the viewer's areas, with whether they are on leave.
select * from (
    select o.officer_no, o.name, o.body, o.area_codes, o.certificate_no, o.certificate_from, o.certificate_to, o.can_lead,
           o.skills, o.daily_visits, o.status,
           exists (select from officer_leave v where v.officer_no = o.officer_no
                   and %(day)s between v.from_day and v.to_day) as on_leave, count(*) over () as total
    from officers o
    where (%(areas)s::text[] is null or o.area_codes && %(areas)s::text[])
      and (%(text)s::text is null or o.name ilike %(text)s or o.officer_no ilike %(text)s)
) o
where o.officer_no > coalesce(%(key)s::text, '')
order by o.officer_no limit %(limit)s;

-- name: vendors
-- Vendors and how many devices they have.
select * from (
    select v.vendor_code, v.name, v.status,
           (select count(*) from devices d join units u using (unit_id) where d.vendor_code = v.vendor_code
            and d.status = 'active' and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))) as devices,
           count(*) over () as total
    from vendors v
    where %(text)s::text is null or v.name ilike %(text)s or v.vendor_code ilike %(text)s
) v
where v.vendor_code > coalesce(%(key)s::text, '')
order by v.vendor_code limit %(limit)s;

-- name: items
-- Inspection items that hold on the day.
select * from (
    select i.item_code, i.name_zh, i.name_en, i.category, i.severity, i.basis, i.valid_from, i.valid_to,
           count(*) over () as total
    from inspection_items i
    where i.valid_from <= %(day)s and (i.valid_to is null or i.valid_to >= %(day)s)
      and (%(text)s::text is null or i.name_zh ilike %(text)s or i.name_en ilike %(text)s or i.item_code ilike %(text)s)
) i
where (i.item_code, i.valid_from) > (coalesce(%(key)s::text, ''), coalesce(%(second)s::date, '-infinity'))
order by i.item_code, i.valid_from limit %(limit)s;

-- name: areas
-- Areas in the order of the tree, with their units.
select * from (
    select a.area_code, a.parent_code, a.level, a.name_zh, a.name_en,
           (select count(*) from units u where u.area_code = a.area_code and u.status = 'active') as units,
           count(*) over () as total
    from areas a
    where (%(areas)s::text[] is null or a.area_code = any(%(areas)s::text[]))
      and (%(text)s::text is null or a.name_zh ilike %(text)s or a.name_en ilike %(text)s or a.area_code ilike %(text)s)
) a
where %(key)s::text is null
   or (rpad(a.area_code, 12, '0'), length(a.area_code)) > (rpad(%(key)s::text, 12, '0'), length(%(key)s::text))
order by rpad(a.area_code, 12, '0'), length(a.area_code) limit %(limit)s;
