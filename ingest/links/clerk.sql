-- name: keep_links
-- Links as they are now.
insert into gbt_links (listener, link, transport, port, peer, since, heard_at, device_id, address, frames, bad)
select %(listener)s, * from unnest(%(links)s::bigint[], %(transports)s::text[], %(ports)s::integer[], %(peers)s::text[],
    %(since)s::timestamptz[], %(heard)s::timestamptz[], %(devices)s::integer[], %(addresses)s::text[],
    %(frames)s::bigint[], %(bad)s::bigint[])
on conflict (listener, link) do update
set heard_at = excluded.heard_at, device_id = excluded.device_id, address = excluded.address,
    frames = excluded.frames, bad = excluded.bad

-- name: drop_links
-- Links that have ended.
delete from gbt_links where listener = %(listener)s and link = any (%(links)s::bigint[])
