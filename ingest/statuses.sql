-- Arrays go over as binary (%(name)b): escaping a thousand texts costs more than storing them.

-- name: add_word
-- A number for what a report may say.
insert into status_words (source, holds, ends, is_reset)
values (%(source)s, %(holds)s::text[], %(ends)s::text[], %(reset)s)
on conflict (source, holds, ends, is_reset) do nothing

-- name: word
-- The number of what a report may say.
select word_id from status_words
where source = %(source)s and holds = %(holds)s::text[] and ends = %(ends)s::text[] and is_reset = %(reset)s

-- name: add
-- What was said of points; returns what was new. The same said again for one moment counts again, since what it ends may
-- have come between; but not what is only delivered again.
insert into point_statuses (device_id, point, ts, word_id, received_at, packet)
select device_id, point, ts, word_id, received_at, packet
from unnest(%(devices)b::integer[], %(points)b::text[], %(times)b::timestamptz[], %(words)b::integer[],
            %(received)b::timestamptz[], %(packets)s::bigint[])
     as told (device_id, point, ts, word_id, received_at, packet)
on conflict do nothing
returning device_id, point, ts, word_id, received_at

-- name: known
-- What was said before of these points for these moments.
select device_id, point, ts, word_id
from unnest(%(devices)b::integer[], %(points)b::text[], %(times)b::timestamptz[], %(words)b::integer[])
     as asked (device_id, point, ts, word_id)
where exists (select from point_statuses s
              where (s.device_id, s.point, s.ts, s.word_id) = (asked.device_id, asked.point, asked.ts, asked.word_id))

-- name: sent_again
-- Of these resets, those that their device had sent within the window before.
select s.device_id, s.point, s.ts, s.word_id, s.received_at
from unnest(%(devices)b::integer[], %(points)b::text[], %(times)b::timestamptz[], %(words)b::integer[])
     as asked (device_id, point, ts, word_id)
join point_statuses s using (device_id, point, ts, word_id)
where s.packet is not null and exists (
    select from point_statuses f
    where f.device_id = s.device_id and f.point = s.point and f.word_id = s.word_id and f.packet = s.packet
      and f.ts >= s.ts - %(window)s::interval and f.ts < s.ts)

-- name: holds
-- What packets that were sent again say to hold.
select asked.place::integer - 1 as place, s.ts, s.received_at, w.source
from unnest(%(devices)b::integer[], %(kinds)b::text[], %(points)b::text[], %(since)b::timestamptz[])
     with ordinality as asked (device_id, kind, point, since, place)
join point_statuses s on s.device_id = asked.device_id and s.point = asked.point and s.ts >= asked.since
join status_words w on w.word_id = s.word_id and asked.kind = any (w.holds)

-- name: ends
-- The first status of its point, and the first reset of its system, by which a condition is over that was told then.
select asked.place::integer - 1 as place, found.ts, found.received_at, found.source
from unnest(%(devices)b::integer[], %(kinds)b::text[], %(points)b::text[], %(systems)b::text[],
            %(times)b::timestamptz[], %(received)b::timestamptz[])
     with ordinality as asked (device_id, kind, point, system, ts, received_at, place)
cross join lateral (
    (select s.ts, s.received_at, w.source
     from point_statuses s join status_words w using (word_id)
     where s.device_id = asked.device_id and s.point = asked.point and s.ts >= asked.ts
       and (s.ts, s.received_at) > (asked.ts, asked.received_at) and not w.is_reset and asked.kind = any (w.ends)
     order by s.ts, s.received_at limit 1)
    union all
    (select s.ts, s.received_at, w.source
     from point_statuses s join status_words w using (word_id)
     where s.device_id = asked.device_id and s.point = asked.system and s.ts >= asked.ts
       and (s.ts, s.received_at) > (asked.ts, asked.received_at) and w.is_reset and asked.kind = any (w.ends)
       and (s.packet is null or not exists (
           select from point_statuses f
           where f.device_id = s.device_id and f.point = s.point and f.word_id = s.word_id and f.packet = s.packet
             and f.ts >= s.ts - %(window)s::interval and f.ts < s.ts))
     order by s.ts, s.received_at limit 1)
) as found
