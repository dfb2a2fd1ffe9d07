-- name: known
-- Deliveries that are remembered, with their time.
select digest, received_at from deliveries where digest = any (%(digests)b::bytea[])

-- name: remember
-- Remember deliveries, under the latest time; in one order, so that two processes can't wait for each other.
insert into deliveries (digest, received_at)
select digest, received_at
from unnest(%(digests)b::bytea[], %(times)b::timestamptz[]) as seen (digest, received_at)
order by digest
on conflict (digest) do update set received_at = greatest(deliveries.received_at, excluded.received_at)

-- name: count
-- Count messages by content, and say how far the session for alarms is ahead now.
insert into echoes (digest, ahead, since)
select digest, ahead, now() from unnest(%(digests)b::bytea[], %(ahead)b::integer[]) as came (digest, ahead)
order by digest
on conflict (digest) do update set
    ahead = excluded.ahead + case when echoes.ahead < 0 and echoes.since < now() - %(never_came)s::interval then 0
                                  else echoes.ahead end,
    since = now()
returning digest, ahead

-- name: forget
-- Contents that both sessions have brought as often, and those whose echo can't come any more.
with gone as (
    select digest from echoes where ahead = 0 or since < now() - %(longest)s::interval
    order by digest for update skip locked
)
delete from echoes using gone where echoes.digest = gone.digest
