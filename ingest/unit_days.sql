-- Arrays go over as binary (%(name)b): escaping a thousand texts costs more than storing them.

-- name: mark_days
-- Unit-days to roll up again. The day in progress is not rolled up yet, so its row need not be touched twice.
insert into dirty_unit_days (unit_id, day)
select unit_id, day from unnest(%(units)b::bigint[], %(days)s::date[]) as touched (unit_id, day)
order by unit_id, day
on conflict (unit_id, day) do nothing

-- name: mark_late_days
-- As mark_days for days before today: the row is locked, so that a roll-up in progress waits for this transaction.
insert into dirty_unit_days (unit_id, day)
select unit_id, day from unnest(%(units)b::bigint[], %(days)s::date[]) as touched (unit_id, day)
order by unit_id, day
on conflict (unit_id, day) do update set day = excluded.day
