-- name: page
-- Payloads, the newest first.
select quarantine_id, received_at, topic, vendor_code, reason_code, reason, payload_bytes, times, replayed_at, is_cut,
       became, substring(payload for 2049) as payload
from quarantine
where (%(vendor)s::text is null or vendor_code = %(vendor)s)
  and (%(reason)s::text is null or reason_code = %(reason)s)
  and (%(waiting)s::boolean is not true or replayed_at is null)
  and (%(before)s::bigint is null or quarantine_id < %(before)s)
order by quarantine_id desc limit %(limit)s;

-- name: payload
-- The bytes of one payload.
select payload from quarantine
where quarantine_id = %(id)s and (%(vendor)s::text is null or vendor_code = %(vendor)s);

-- name: vendors
-- Every vendor, for the filter.
select vendor_code from vendors order by vendor_code limit 1000;
