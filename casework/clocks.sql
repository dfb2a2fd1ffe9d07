-- name: start
-- A clock that begins, or begins anew.
insert into clocks (rule, noun, ref, unit_id, area_code, body, started_at, soon_at, due_at)
values (%(rule)s, %(noun)s, %(ref)s, %(unit)s, %(area)s, %(body)s, %(start)s, %(soon)s, %(due)s)
on conflict (rule, ref) do update set
    unit_id = excluded.unit_id, area_code = excluded.area_code, body = excluded.body, started_at = excluded.started_at,
    soon_at = excluded.soon_at, due_at = excluded.due_at, done_at = null, dropped_at = null, dropped_why = null;

-- name: stop
-- What was due is done.
update clocks set done_at = %(at)s
where rule = %(rule)s and ref = %(ref)s and done_at is null and dropped_at is null
returning done_at <= due_at as in_time;

-- name: held
-- Whether such a clock was ever started.
select 1 from clocks where rule = %(rule)s and ref = %(ref)s;

-- name: drop
-- Clocks whose reason has gone.
update clocks set dropped_at = %(at)s, dropped_why = %(why)s
where noun = %(noun)s and ref = %(ref)s and done_at is null and dropped_at is null
  and (%(rule)s::text is null or rule = %(rule)s);
