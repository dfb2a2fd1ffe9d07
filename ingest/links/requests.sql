-- name: open
-- Requests that are not over. After a crash of the server the table of listeners is empty for a moment.
select r.request_id, r.device_id, r.kind, r.command, r.unit, r.state, r.listener, r.sends, r.send_by, r.sent_at,
       r.answer_by, r.confirmed_at, r.answer_seconds,
       coalesce(l.seen_at > now() - interval '30 seconds',
                pg_postmaster_start_time() > now() - interval '1 minute') as is_held
from gbt_requests r left join gbt_listeners l on l.listener = r.listener
where r.ended_at is null
order by r.request_id
limit 5000

-- name: claim
-- A request that waits becomes this listener's. Whoever yields leaves devices with a link to the listener that holds it.
update gbt_requests r set state = 'sent', listener = %(listener)s
where r.request_id = %(request)s and r.state = 'waiting'
  and not (%(yields)s and exists (
      select from gbt_links l
      join gbt_listeners s on s.listener = l.listener and s.seen_at > now() - interval '30 seconds'
      where l.device_id = r.device_id and l.transport <> 'mqtt'))
returning r.request_id

-- name: release
-- A request that was not sent waits again.
update gbt_requests set state = 'waiting', listener = null
where request_id = %(request)s and state = 'sent' and sends = 0 and ended_at is null

-- name: note
-- A line of a request's history.
insert into gbt_request_steps (request_id, at, step, detail)
values (%(request)s, %(at)s, %(step)s, %(detail)s::jsonb)

-- name: sent
-- A request was sent, or sent again.
update gbt_requests
set sends = sends + 1, sent_at = coalesce(sent_at, %(at)s),
    answer_by = coalesce(answer_by, %(at)s::timestamptz + answer_seconds * interval '1 second')
where request_id = %(request)s and ended_at is null

-- name: confirmed
-- The device has confirmed: a duty check waits on for the person, any other control is over.
update gbt_requests
set state = 'confirmed', confirmed_at = coalesce(confirmed_at, %(at)s),
    ended_at = case when kind = 'duty_check' then null else %(at)s::timestamptz end
where request_id = %(request)s and ended_at is null

-- name: ended
-- A request is over.
update gbt_requests
set state = %(state)s, ended_at = %(at)s,
    answered_at = case when %(state)s = 'answered' then %(at)s::timestamptz end,
    answer = coalesce(%(answer)s::jsonb, answer)
where request_id = %(request)s and ended_at is null
returning request_id

-- name: answered_duty
-- Duty checks whose key was pressed in time, by whichever way the answer came in. The events of a week are looked at:
-- no event is stored under an older time.
with found as (
    select r.request_id, e.received_at, e.detail
    from gbt_requests r
    cross join lateral (
        select received_at, detail from events
        where device_id = r.device_id and kind = 'duty_answer' and active and ts > %(earliest)s
          and received_at between r.sent_at and r.answer_by
        order by received_at limit 1) e
    where r.kind = 'duty_check' and r.ended_at is null and r.sent_at is not null
)
update gbt_requests r
set state = 'answered', answered_at = f.received_at, ended_at = f.received_at, answer = f.detail
from found f where r.request_id = f.request_id and r.ended_at is null
returning r.request_id, r.answered_at

-- name: device_settings
-- The settings of a request's device.
select d.settings::text from devices d join gbt_requests r using (device_id) where r.request_id = %(request)s
