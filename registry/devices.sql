-- name: search
-- Devices that fit a filter, by vendor and number.
select d.*, u.unit_no, u.name as unit_name, u.area_code
from devices d join units u using (unit_id)
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
    and (%(unit_id)s::bigint is null or d.unit_id = %(unit_id)s)
    and (%(vendor_code)s::text is null or d.vendor_code = %(vendor_code)s)
    and (%(kind)s::text is null or d.kind = %(kind)s)
    and (%(status)s::text is null or d.status = %(status)s)
    and (%(pattern)s::text is null or d.device_no ilike %(pattern)s or d.location ilike %(pattern)s)
order by d.vendor_code, d.device_no
limit %(limit)s offset %(offset)s

-- name: count
-- How many devices fit the same filter.
select count(*) as total
from devices d join units u using (unit_id)
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
    and (%(unit_id)s::bigint is null or d.unit_id = %(unit_id)s)
    and (%(vendor_code)s::text is null or d.vendor_code = %(vendor_code)s)
    and (%(kind)s::text is null or d.kind = %(kind)s)
    and (%(status)s::text is null or d.status = %(status)s)
    and (%(pattern)s::text is null or d.device_no ilike %(pattern)s or d.location ilike %(pattern)s)

-- name: by_key
-- One device by vendor and number.
select d.*, u.unit_no, u.name as unit_name, u.area_code
from devices d join units u using (unit_id)
where d.vendor_code = %s and d.device_no = %s

-- name: by_id
-- One device by its identity.
select d.*, u.unit_no, u.name as unit_name, u.area_code
from devices d join units u using (unit_id)
where d.device_id = %s
