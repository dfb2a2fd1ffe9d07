-- name: add
-- Quarantine payloads; the same payload refused again for the same reason is counted on its row.
insert into quarantine (received_at, topic, payload, payload_bytes, digest, vendor_code, reason_code, reason, times)
select received_at, topic, payload, payload_bytes, digest, vendor_code, reason_code, reason, times
from unnest(%(received)s::timestamptz[], %(topics)s::text[], %(payloads)s::bytea[], %(sizes)s::integer[],
            %(digests)s::bytea[], %(vendors)s::text[], %(codes)s::text[], %(reasons)s::text[], %(times)s::integer[])
     as refused (received_at, topic, payload, payload_bytes, digest, vendor_code, reason_code, reason, times)
order by digest
on conflict (digest) do update
set times = quarantine.times + excluded.times, received_at = greatest(quarantine.received_at, excluded.received_at),
    reason = excluded.reason, vendor_code = excluded.vendor_code, replayed_at = null

-- name: trim
-- Keep the newest payloads of each vendor within the bounds; those of no known vendor count as one.
with ranked as (
    select quarantine_id,
           row_number() over newest as place,
           sum(length(payload)) over newest as size
    from quarantine
    window newest as (partition by vendor_code order by quarantine_id desc)
)
delete from quarantine q using ranked r
where q.quarantine_id = r.quarantine_id and (r.place > %(rows)s or r.size > %(size)s)

-- name: newest
-- The newest quarantined payloads, of one vendor or all, for one reason or all.
select quarantine_id, received_at, topic, payload, payload_bytes, vendor_code, reason_code, reason, times, replayed_at
from quarantine
where (%(vendor)s::text is null or vendor_code = %(vendor)s)
  and (%(reason)s::text is null or reason_code = %(reason)s)
  and (%(waiting)s::boolean is not true or replayed_at is null)
order by received_at desc, quarantine_id desc
limit %(limit)s

-- name: counts
-- How much is in quarantine, by vendor and reason.
select vendor_code, reason_code, count(*) as payloads, sum(times) as times,
       count(*) filter (where replayed_at is null) as waiting, max(received_at) as newest, min(reason) as example
from quarantine
where %(vendor)s::text is null or vendor_code = %(vendor)s
group by vendor_code, reason_code
order by vendor_code nulls first, payloads desc, reason_code
