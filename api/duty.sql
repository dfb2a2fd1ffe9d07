-- name: summary
-- What the centre holds now, and how posts answered lately, in the viewer's areas. Listeners told of themselves within
-- half a minute.
select (select count(*) from gbt_listeners where seen_at > now() - interval '30 seconds') as listeners,
       (select count(distinct l.device_id) from gbt_links l
        join gbt_listeners s on s.listener = l.listener and s.seen_at > now() - interval '30 seconds'
        join devices d using (device_id) join units u using (unit_id)
        where %(areas)s::text[] is null or u.area_code = any(%(areas)s::text[])) as devices_linked,
       count(*) filter (where r.ended_at is null) as open,
       count(*) filter (where r.kind = 'duty_check' and r.state = 'answered') as answered,
       count(*) filter (where r.kind = 'duty_check' and r.state = 'unanswered') as unanswered
from gbt_requests r join units u using (unit_id)
where r.asked_at > %(since)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: links
-- Links that stand now. Links of devices nobody registered are shown to whoever may see every area.
with recursive chosen as (
    select area_code from areas where area_code = %(area)s
    union
    select child.area_code from areas child join chosen on child.parent_code = chosen.area_code
)
select l.listener, l.link, l.transport, l.port, l.peer, l.since, l.heard_at, l.address, l.frames, l.bad, l.device_id,
       d.device_no, d.vendor_code, d.kind as device_kind, d.location, u.unit_id, u.unit_no, u.name as unit_name,
       u.area_code
from gbt_links l
join gbt_listeners s on s.listener = l.listener and s.seen_at > now() - interval '30 seconds'
left join devices d on d.device_id = l.device_id
left join units u on u.unit_id = d.unit_id
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(area)s::text is null or u.area_code in (select area_code from chosen))
  and (%(unknown)s::boolean is null or (l.device_id is null) = %(unknown)s)
  and (%(text)s::text is null or u.unit_id = any(%(units)s::bigint[]) or d.device_no ilike %(text)s
       or l.peer ilike %(text)s or l.address ilike %(text)s
       or (%(units)s::bigint[] is null and (u.name collate "C" ilike %(text)s or u.unit_no collate "C" ilike %(text)s)))
order by l.device_id is null, u.area_code, u.unit_no, d.device_no, l.heard_at desc, l.listener, l.link
limit %(limit)s offset %(offset)s;

-- name: requests
-- What was asked of devices in the viewer's areas, the newest first.
with recursive chosen as (
    select area_code from areas where area_code = %(area)s
    union
    select child.area_code from areas child join chosen on child.parent_code = chosen.area_code
)
select r.request_id, r.device_id, r.kind, r.parameters, r.asked_by, r.asked_at, r.send_by, r.state, r.sends, r.sent_at,
       r.answer_by, r.confirmed_at, r.answered_at, r.ended_at, r.answer, d.device_no, d.vendor_code, u.unit_id, u.unit_no,
       u.name as unit_name, u.area_code
from gbt_requests r
join devices d using (device_id)
join units u on u.unit_id = r.unit_id
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(area)s::text is null or u.area_code in (select area_code from chosen))
  and (%(request)s::bigint is null or r.request_id = %(request)s)
  and (%(kind)s::text is null or r.kind = %(kind)s)
  and (%(state)s::text is null or r.state = %(state)s)
  and (%(open)s::boolean is null or (r.ended_at is null) = %(open)s)
  and (%(unit)s::bigint is null or r.unit_id = %(unit)s)
  and (%(text)s::text is null or u.unit_id = any(%(units)s::bigint[]) or d.device_no ilike %(text)s
       or (%(units)s::bigint[] is null and (u.name collate "C" ilike %(text)s or u.unit_no collate "C" ilike %(text)s)))
  and (%(before)s::bigint is null or r.request_id < %(before)s)
order by r.request_id desc
limit %(limit)s;

-- name: steps
-- The history of a request.
select at, step, detail from gbt_request_steps where request_id = %(request)s order by step_id limit 200;

-- name: devices
-- Active devices in the viewer's areas: those named, and of the units named those that speak GB/T 26875.3.
select d.device_id, d.device_no, d.vendor_code
from devices d join units u using (unit_id)
where d.status = 'active' and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (d.device_id = any(%(devices)s::integer[])
       or d.unit_id = any(%(units)s::bigint[])
          and (d.settings ? 'gbt26875' or exists (select from gbt_links l where l.device_id = d.device_id)))
order by d.device_id;
