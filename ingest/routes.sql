-- Arrays go over as binary (%(name)b): escaping a thousand texts costs more than finding them.

-- name: revision
-- What every change of vendors and devices moves, and the database's time.
select sum(revision)::bigint as revision, now() as now from registry_revision

-- name: routes
-- Active devices of active vendors, by vendor and number.
select d.device_id, d.vendor_code, d.device_no, d.unit_id
from unnest(%(vendors)b::text[], %(numbers)b::text[]) as asked (vendor_code, device_no)
join devices d using (vendor_code, device_no) join vendors v using (vendor_code)
where d.status = 'active' and v.status = 'active' and not d.settings ?| %(odd)s

-- name: limits
-- How much active vendors may send.
select vendor_code, messages_per_second, message_burst, bytes_per_second, byte_burst, payload_bytes
from vendors where status = 'active' and vendor_code = any (%(vendors)b::text[])
