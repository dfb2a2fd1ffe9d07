-- name: limits
-- The limits that one vendor, or each, has of its own.
select vendor_code, messages_per_second, message_burst, bytes_per_second, byte_burst, payload_bytes
from vendors where %(code)s::text is null or vendor_code = %(code)s
order by vendor_code

-- name: lock
-- As limits for one vendor, locked for a change.
select messages_per_second, message_burst, bytes_per_second, byte_burst, payload_bytes
from vendors where vendor_code = %(code)s for update

-- name: change
-- New limits of a vendor; null where policy's shall hold.
update vendors
set messages_per_second = %(messages_per_second)s, message_burst = %(message_burst)s,
    bytes_per_second = %(bytes_per_second)s, byte_burst = %(byte_burst)s, payload_bytes = %(payload_bytes)s
where vendor_code = %(code)s
