-- name: vendors
-- Every vendor, or one, with its number of active devices.
select v.vendor_code, v.name, v.status, v.created_at,
    (select count(*) from devices d where d.vendor_code = v.vendor_code and d.status = 'active') as devices
from vendors v
where %(code)s::text is null or v.vendor_code = %(code)s
order by v.vendor_code
