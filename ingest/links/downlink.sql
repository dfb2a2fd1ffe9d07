-- name: keep
-- How devices spoke last, whichever process heard them. A time heard earlier than the one kept changes the counts only.
insert into gbt_mqtt as known (device_id, since, heard_at, kept_at, is_hex, address, centre, frames, bad)
select device, heard, heard, clock_timestamp(), is_hex, address, centre, frames, bad
from unnest(%(devices)s::integer[], %(heard)s::timestamptz[], %(is_hex)s::boolean[], %(addresses)s::bytea[],
    %(centres)s::bytea[], %(frames)s::bigint[], %(bad)s::bigint[])
    as said (device, heard, is_hex, address, centre, frames, bad)
order by device
on conflict (device_id) do update
set since = case when excluded.heard_at - known.heard_at > %(reach)s then excluded.heard_at else known.since end,
    heard_at = greatest(known.heard_at, excluded.heard_at), kept_at = excluded.kept_at,
    is_hex = case when excluded.heard_at >= known.heard_at then excluded.is_hex else known.is_hex end,
    address = case when excluded.heard_at >= known.heard_at then excluded.address else known.address end,
    centre = case when excluded.heard_at >= known.heard_at then excluded.centre else known.centre end,
    frames = known.frames + excluded.frames, bad = known.bad + excluded.bad

-- name: ways
-- Active devices that were heard lately enough, as far as they were written down since the last look.
select m.device_id, m.is_hex, m.address, m.centre, m.heard_at, m.kept_at,
       'huoyan/v1/' || d.vendor_code || '/' || d.device_no || '/gbt26875' as topic
from gbt_mqtt m
join devices d on d.device_id = m.device_id and d.status = 'active'
join vendors v on v.vendor_code = d.vendor_code and v.status = 'active'
where m.heard_at > %(earliest)s and m.kept_at > %(after)s

-- name: asked
-- Devices that were sent something which may still be answered, by another process than this one.
select distinct device_id from gbt_requests
where state = 'sent' and ended_at is null and listener is distinct from %(listener)s

-- name: pass_on
-- What devices said, to the process that asked them.
select pg_notify('huoyan_gbt_replies', device || ':' || said)
from unnest(%(devices)s::integer[], %(frames)s::text[]) as heard (device, said)

-- name: show
-- Devices that can be reached over MQTT, among the links of this process.
insert into gbt_links (listener, link, transport, port, peer, since, heard_at, device_id, address, frames, bad)
select %(listener)s, device_id, 'mqtt', 0, case when is_hex then 'hex' else 'binary' end, since, heard_at, device_id,
       encode(address, 'hex'), frames, bad
from gbt_mqtt where device_id = any (%(devices)s::integer[])
on conflict (listener, link) do update
set heard_at = excluded.heard_at, peer = excluded.peer, since = excluded.since, address = excluded.address,
    frames = excluded.frames, bad = excluded.bad

-- name: hide
-- Devices that were not heard for too long, or are no longer registered.
delete from gbt_links where listener = %(listener)s and link = any (%(devices)s::bigint[])

-- name: hide_all
-- Another process speaks to devices now, or none.
delete from gbt_links where listener = %(listener)s
