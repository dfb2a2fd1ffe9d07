-- name: ask
-- One request for each device.
insert into gbt_requests (device_id, unit_id, kind, command, unit, parameters, asked_by, asked_at, send_by, answer_seconds)
select device_id, unit_id, %(kind)s, %(command)s, %(unit)s, %(parameters)s::jsonb, %(actor)s, %(now)s, %(send_by)s,
       %(answer_seconds)s
from devices where device_id = any (%(devices)s::integer[]) and status = 'active'
order by device_id
returning request_id, device_id

-- name: note
-- A line of history for each request.
insert into gbt_request_steps (request_id, at, step, detail)
select request_id, %(now)s, 'asked', '{}'::jsonb from unnest(%(requests)s::bigint[]) as asked (request_id)

-- name: tell
-- Wake the listeners, when this transaction commits.
select pg_notify('huoyan_gbt_requests', '')

-- name: set_clocks
-- Of devices whose clock is off, those that were not set right lately.
select device_id from unnest(%(devices)s::integer[]) as off (device_id)
where not exists (select from gbt_requests r
                  where r.device_id = off.device_id and r.kind = 'set_clock' and r.asked_at > %(since)s)
