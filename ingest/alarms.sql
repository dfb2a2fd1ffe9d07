-- name: recent
-- Cases, open ones first, the newest first.
select a.alarm_id, a.kind, a.point, a.opened_at, a.last_at, a.restored_at, a.verdict, d.vendor_code, d.device_no,
       d.location, u.unit_no, u.name as unit_name
from alarms a
join devices d using (device_id)
join units u on u.unit_id = a.unit_id
where (not %(open)s::boolean or a.restored_at is null)
  and (%(vendor)s::text is null or d.vendor_code = %(vendor)s)
order by a.restored_at is not null, a.opened_at desc, a.alarm_id desc
limit %(limit)s
