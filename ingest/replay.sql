-- name: to_replay
-- Payloads to decode again, in the order they came in.
select quarantine_id, received_at, topic, payload, payload_bytes
from quarantine
where replayed_at is null and payload_bytes <= length(payload)
  and (%(vendor)s::text is null or vendor_code = %(vendor)s)
  and (%(reason)s::text is null or reason_code = %(reason)s)
  and (received_at, quarantine_id) > (%(after_time)s::timestamptz, %(after)s::bigint)
order by received_at, quarantine_id
limit %(limit)s

-- name: mark_replayed
-- Payloads that were replayed and not refused again.
update quarantine set replayed_at = %(now)s where quarantine_id = any (%(ids)s::bigint[])
