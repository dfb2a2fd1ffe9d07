-- name: request
-- Ask for a replay of what waits now. What was cut is counted, and what came before the day from which readings are
-- kept: under it a day would be computed from a part of its readings.
with bound as (
    select coalesce(max(kept_from)::timestamp at time zone 'Asia/Shanghai' + %(reach)s::interval, '1900-01-01 00:00+00') as oldest
    from retention_marks
)
insert into replay_runs (requested_at, requested_by, vendor_code, reason_code, payload_ids, up_to, not_before, total,
    cut, old)
select %(now)s, %(actor)s, %(vendor)s, %(reason)s, %(ids)s::bigint[], coalesce(max(quarantine_id), 0),
       (select oldest from bound),
       coalesce(sum(told.times) filter (where not is_cut), 0), count(*) filter (where is_cut),
       count(*) filter (where not is_cut and told.old)
from quarantine
cross join lateral (
    select count(*) filter (where receipt >= (select oldest from bound)) as times,
           bool_or(receipt < (select oldest from bound)) as old
    from unnest(case when cardinality(receipts) = 0 then array[received_at] else receipts end) as receipt
) told
where replayed_at is null
  and (%(vendor)s::text is null or vendor_code = %(vendor)s)
  and (%(reason)s::text is null or reason_code = %(reason)s)
  and (%(ids)s::bigint[] is null or quarantine_id = any (%(ids)s::bigint[]))
returning run_id, total, cut, old

-- name: trusting
-- Devices whose clock is believed further back than policy's rule for all.
select count(*) as devices from devices where settings ->> 'clock' = 'trust' and status = 'active'

-- name: run
-- One replay.
select * from replay_runs where run_id = %(run)s

-- name: recent
-- The latest replays, the newest first.
select * from replay_runs order by run_id desc limit %(limit)s

-- name: unfinished
-- Replays that nobody has brought to their end, in the order in which they were asked for.
select run_id from replay_runs where status in ('waiting', 'running') order by run_id

-- name: begin
-- A replay begins, or goes on after it was stopped.
update replay_runs set status = 'running', started_at = coalesce(started_at, %(now)s), heard_at = %(now)s, error = null
where run_id = %(run)s
returning *

-- name: work
-- What to replay, under each time of receipt that waits, in the order of receipt.
select q.quarantine_id, told.receipt, q.size
from quarantine q
cross join lateral unnest(case when cardinality(q.receipts) = 0 then array[q.received_at] else q.receipts end)
    as told (receipt)
where q.replayed_at is null and not q.is_cut and q.quarantine_id <= %(up_to)s and told.receipt >= %(not_before)s
  and (%(vendor_code)s::text is null or q.vendor_code = %(vendor_code)s)
  and (%(reason_code)s::text is null or q.reason_code = %(reason_code)s)
  and (%(payload_ids)s::bigint[] is null or q.quarantine_id = any (%(payload_ids)s::bigint[]))
  and (told.receipt, q.quarantine_id) > (%(after_time)s::timestamptz, %(after_id)s::bigint)
order by told.receipt, q.quarantine_id

-- name: payloads
-- The payloads of a piece of work.
select quarantine_id, topic, payload, digest, reason_code, reason from quarantine
where quarantine_id = any (%(ids)b::bigint[]) and replayed_at is null

-- name: settle
-- Times of receipt under which a payload need not be replayed again; without any left it is replayed. A time that came
-- in meanwhile stays.
update quarantine q
set receipts = (select coalesce(array_agg(receipt order by receipt), '{}') from unnest(q.receipts) as receipt
                where receipt <> all (done.receipts)),
    became = coalesce(done.became, q.became),
    replayed_at = case when q.receipts <@ done.receipts then %(now)s::timestamptz end
from (
    select quarantine_id, array_agg(receipt) as receipts, string_agg(distinct nullif(became, ''), ', ') as became
    from unnest(%(ids)b::bigint[], %(receipts)b::timestamptz[], %(became)b::text[])
         as settled (quarantine_id, receipt, became)
    group by quarantine_id
) done
where q.quarantine_id = done.quarantine_id

-- name: mark_days
-- A condition told of late changes every day since for the units of its devices.
insert into dirty_unit_days (unit_id, day)
select distinct d.unit_id, since::date
from unnest(%(vendors)b::text[], %(numbers)b::text[], %(days)s::date[]) as told (vendor_code, device_no, day)
join devices d using (vendor_code, device_no),
generate_series(told.day::timestamp, %(today)s::date::timestamp, interval '1 day') as since
order by 1, 2
on conflict do nothing

-- name: advance
-- How far a replay has come.
update replay_runs
set after_time = %(after_time)s, after_id = %(after_id)s, tried = tried + %(tried)s, stored = stored + %(stored)s,
    refused = refused + %(refused)s, reasons = %(reasons)s, heard_at = clock_timestamp()
where run_id = %(run)s

-- name: finish
-- A replay has come to its end, or can't go on.
update replay_runs set status = %(status)s, finished_at = clock_timestamp(), error = %(error)s where run_id = %(run)s
