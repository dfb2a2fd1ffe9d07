-- name: beat
-- This listener is alive.
insert into gbt_listeners (listener, started_at, seen_at, tcp_port, udp_port, links)
values (%(listener)s, %(started)s, now(), %(tcp_port)s, %(udp_port)s, %(links)s)
on conflict (listener) do update set seen_at = now(), links = excluded.links

-- name: forget
-- Listeners that have long been silent, and what they held.
with dead as (delete from gbt_listeners where seen_at < now() - interval '5 minutes' returning listener)
delete from gbt_links where listener in (select listener from dead)

-- name: leave
-- This listener ends.
with left_behind as (delete from gbt_links where listener = %(listener)s)
delete from gbt_listeners where listener = %(listener)s
