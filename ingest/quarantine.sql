-- name: add
-- Quarantine payloads; the same payload refused again for the same reason is counted on its row, and the time of its
-- receipt kept: the first and the newest ones, since what has no time of its own is replayed under each.
insert into quarantine (received_at, first_received_at, topic, payload, payload_bytes, digest, vendor_code, reason_code,
    reason, times, receipts)
select received_at, first_at, topic, payload, payload_bytes, digest, vendor_code, reason_code, reason, times,
       receipts::timestamptz[]
from unnest(%(received)b::timestamptz[], %(first)b::timestamptz[], %(topics)b::text[], %(payloads)b::bytea[],
            %(sizes)b::integer[], %(digests)b::bytea[], %(vendors)s::text[], %(codes)b::text[], %(reasons)b::text[],
            %(times)b::integer[], %(receipts)b::text[])
     as refused (received_at, first_at, topic, payload, payload_bytes, digest, vendor_code, reason_code, reason, times,
                 receipts)
order by digest
on conflict (digest) do update
set times = least(quarantine.times::bigint + excluded.times, 2000000000)::integer,
    received_at = greatest(quarantine.received_at, excluded.received_at),
    first_received_at = least(quarantine.first_received_at, excluded.first_received_at),
    reason = excluded.reason, vendor_code = excluded.vendor_code, replayed_at = null,
    receipts = (
        select array_agg(receipt order by receipt)
        from (select receipt, row_number() over (order by receipt) as place, count(*) over () as receipts
              from (select distinct unnest(quarantine.receipts || excluded.receipts) as receipt) told) placed
        where place = 1 or place > receipts - 99)

-- name: add_once
-- As add, for what may have been quarantined before under another time of receipt: a redelivery of the broker, or what
-- a replay refuses again. Where it waits already nothing changes.
insert into quarantine (received_at, first_received_at, topic, payload, payload_bytes, digest, vendor_code, reason_code,
    reason, times, receipts)
select received_at, first_at, topic, payload, payload_bytes, digest, vendor_code, reason_code, reason, times,
       receipts::timestamptz[]
from unnest(%(received)b::timestamptz[], %(first)b::timestamptz[], %(topics)b::text[], %(payloads)b::bytea[],
            %(sizes)b::integer[], %(digests)b::bytea[], %(vendors)s::text[], %(codes)b::text[], %(reasons)b::text[],
            %(times)b::integer[], %(receipts)b::text[])
     as refused (received_at, first_at, topic, payload, payload_bytes, digest, vendor_code, reason_code, reason, times,
                 receipts)
order by digest
on conflict (digest) do update
set received_at = excluded.received_at, reason = excluded.reason, vendor_code = excluded.vendor_code,
    receipts = excluded.receipts, replayed_at = null
where quarantine.replayed_at is not null

-- name: usage
-- What each vendor has in quarantine now; the empty name is that of nobody registered.
select vendor_code, sum(rows)::bigint as rows, sum(size)::bigint as size from quarantine_usage
group by vendor_code having sum(rows) > 0

-- name: fold_usage
-- Put the changes together that have been added up so far. A change that another transaction is at is left for later.
with gone as (
    delete from quarantine_usage where ctid = any (array(select ctid from quarantine_usage for update skip locked))
    returning vendor_code, rows, size
)
insert into quarantine_usage (vendor_code, rows, size)
select vendor_code, sum(rows), sum(size) from gone group by vendor_code having sum(rows) <> 0 or sum(size) <> 0

-- name: trim_vendor
-- One step: of a vendor's payloads take away the first of those that may go (replayed, then the oldest, then the oldest
-- of a form that alarms have), until so many rows and so many bytes are gone, and sum up those that were never stored.
with first_ones as materialized (
    select quarantine_id, size, standing, received_at from quarantine
    where coalesce(vendor_code, '') = %(vendor)s
    order by standing, received_at, quarantine_id limit %(step)s
    for update skip locked
), counted as (
    select quarantine_id, row_number() over w - 1 as rows_before, sum(size) over w - size as size_before
    from first_ones
    window w as (order by standing, received_at, quarantine_id)
), gone as (
    delete from quarantine q using counted c
    where q.quarantine_id = c.quarantine_id and (c.rows_before < %(rows)s or c.size_before < %(size)s)
    returning coalesce(q.vendor_code, '') as vendor_code, q.reason_code, q.topic, q.reason, q.digest,
              substring(q.payload for 256) as start, q.payload_bytes, q.times, q.standing, q.size, q.received_at,
              coalesce(q.first_received_at, q.received_at) as first_at
), summed as (
    insert into quarantine_summary as s (vendor_code, reason_code, day, payloads, times, bytes, first_at, last_at,
        example_topic, example_reason, example_digest, example_payload)
    select vendor_code, reason_code, legal_day(received_at), count(*), sum(times), sum(payload_bytes), min(first_at),
           max(received_at), (array_agg(topic order by received_at))[1], (array_agg(reason order by received_at))[1],
           (array_agg(digest order by received_at))[1], (array_agg(start order by received_at))[1]
    from gone where standing > 0
    group by 1, 2, 3 order by 1, 2, 3
    on conflict (vendor_code, reason_code, day) do update
    set payloads = s.payloads + excluded.payloads, times = s.times + excluded.times, bytes = s.bytes + excluded.bytes,
        first_at = least(s.first_at, excluded.first_at), last_at = greatest(s.last_at, excluded.last_at)
)
select count(*) as rows, coalesce(sum(size), 0)::bigint as size from gone

-- name: expire
-- One step: payloads last received before a moment go, and those that were never stored are summed up.
with gone as (
    delete from quarantine q
    where q.quarantine_id = any (array(
        select quarantine_id from quarantine where received_at < %(before)s
        order by received_at limit %(step)s for update skip locked))
    returning coalesce(q.vendor_code, '') as vendor_code, q.reason_code, q.topic, q.reason, q.digest,
              substring(q.payload for 256) as start, q.payload_bytes, q.times, q.standing, q.size, q.received_at,
              coalesce(q.first_received_at, q.received_at) as first_at
), summed as (
    insert into quarantine_summary as s (vendor_code, reason_code, day, payloads, times, bytes, first_at, last_at,
        example_topic, example_reason, example_digest, example_payload)
    select vendor_code, reason_code, legal_day(received_at), count(*), sum(times), sum(payload_bytes), min(first_at),
           max(received_at), (array_agg(topic order by received_at))[1], (array_agg(reason order by received_at))[1],
           (array_agg(digest order by received_at))[1], (array_agg(start order by received_at))[1]
    from gone where standing > 0
    group by 1, 2, 3 order by 1, 2, 3
    on conflict (vendor_code, reason_code, day) do update
    set payloads = s.payloads + excluded.payloads, times = s.times + excluded.times, bytes = s.bytes + excluded.bytes,
        first_at = least(s.first_at, excluded.first_at), last_at = greatest(s.last_at, excluded.last_at)
)
select count(*) as rows, coalesce(sum(size), 0)::bigint as size from gone

-- name: newest
-- The newest quarantined payloads, of one vendor or all, for one reason or all.
select quarantine_id, received_at, topic, payload, payload_bytes, vendor_code, reason_code, reason, times, replayed_at,
       is_cut, became
from quarantine
where (%(vendor)s::text is null or vendor_code = %(vendor)s)
  and (%(reason)s::text is null or reason_code = %(reason)s)
  and (%(waiting)s::boolean is not true or replayed_at is null)
order by received_at desc, quarantine_id desc
limit %(limit)s

-- name: counts
-- How much is in quarantine, by vendor and reason, and how much was let go and only summed up.
with held as (
    select coalesce(vendor_code, '') as vendor, reason_code, count(*) as payloads, sum(times)::bigint as times,
           count(*) filter (where replayed_at is null) as waiting,
           count(*) filter (where replayed_at is null and is_cut) as cut, sum(payload_bytes)::bigint as bytes,
           min(coalesce(first_received_at, received_at)) as oldest, max(received_at) as newest, min(reason) as example
    from quarantine
    where %(vendor)s::text is null or vendor_code = %(vendor)s
    group by 1, 2
), summed as (
    select vendor_code as vendor, reason_code, sum(payloads)::bigint as payloads, sum(times)::bigint as times,
           sum(bytes)::bigint as bytes, min(first_at) as oldest, max(last_at) as newest, min(example_reason) as example
    from quarantine_summary
    where %(vendor)s::text is null or vendor_code = %(vendor)s
    group by 1, 2
)
select nullif(coalesce(h.vendor, s.vendor), '') as vendor_code, coalesce(h.reason_code, s.reason_code) as reason_code,
       coalesce(h.payloads, 0) as payloads, coalesce(h.times, 0) as times, coalesce(h.waiting, 0) as waiting,
       coalesce(h.cut, 0) as cut, coalesce(h.bytes, 0) as bytes, coalesce(s.payloads, 0) as summarised,
       coalesce(s.times, 0) as summarised_times, coalesce(s.bytes, 0) as summarised_bytes,
       least(h.oldest, s.oldest) as oldest, greatest(h.newest, s.newest) as newest,
       coalesce(h.example, s.example) as example
from held h full join summed s on s.vendor = h.vendor and s.reason_code = h.reason_code
order by vendor_code nulls first, payloads desc, reason_code

-- name: summary
-- What was let go and summed up, by vendor, reason and legal day, the newest day first.
select nullif(vendor_code, '') as vendor_code, reason_code, day, payloads, times, bytes, first_at, last_at,
       example_topic, example_reason, encode(example_digest, 'hex') as example_digest, example_payload
from quarantine_summary
where (%(vendor)s::text is null or vendor_code = %(vendor)s)
  and (%(reason)s::text is null or reason_code = %(reason)s)
order by day desc, payloads desc, vendor_code, reason_code
limit %(limit)s
