-- name: vendors
-- Vendors whose edge nodes are followed.
select vendor_code from vendors where status = 'active' and vendor_code = any (%(vendors)b::text[])

-- name: add_edges
-- Edge nodes heard of for the first time, as far as the vendor has not too many.
insert into sparkplug_edges (vendor_code, edge)
select asked.vendor_code, asked.edge
from unnest(%(vendors)b::text[], %(edges)b::text[]) as asked (vendor_code, edge)
where (select count(*) from sparkplug_edges known where known.vendor_code = asked.vendor_code) < %(most)s
order by 1, 2
on conflict (vendor_code, edge) do nothing

-- name: lock_edges
-- Edge nodes of a batch, locked in one order so that two processes can't wait for each other.
select edge_id, vendor_code, edge, bd_seq, born_at, born_told, died_at, stray_bd_seq, stray_at, sequence::text,
       rebirth_due, rebirth_for, asked_at, requests
from sparkplug_edges
where (vendor_code, edge) in (select * from unnest(%(vendors)b::text[], %(edges)b::text[]))
order by edge_id
for update

-- name: due_edges
-- Edge nodes to be asked for a rebirth, those of active vendors, as far as no batch is at them now.
select e.edge_id, e.vendor_code, e.edge, e.bd_seq, e.born_at, e.born_told, e.died_at, e.stray_bd_seq, e.stray_at,
       e.sequence::text, e.rebirth_due, e.rebirth_for, e.asked_at, e.requests
from sparkplug_edges e
join vendors v using (vendor_code)
where e.rebirth_due <= %(now)s and v.status = 'active'
order by e.edge_id
limit %(most)s
for update of e skip locked

-- name: keep_edges
-- The sessions of edge nodes after a batch.
update sparkplug_edges e
set bd_seq = n.bd_seq, born_at = n.born_at, born_told = n.born_told, died_at = n.died_at,
    stray_bd_seq = n.stray_bd_seq, stray_at = n.stray_at, sequence = n.sequence::jsonb, rebirth_due = n.rebirth_due,
    rebirth_for = n.rebirth_for, asked_at = n.asked_at, requests = n.requests
from unnest(%(edges)s::integer[], %(bd_seq)s::smallint[], %(born_at)s::timestamptz[], %(born_told)s::bigint[],
            %(died_at)s::timestamptz[], %(stray_bd_seq)s::smallint[], %(stray_at)s::timestamptz[],
            %(sequence)s::text[], %(rebirth_due)s::timestamptz[], %(rebirth_for)s::text[],
            %(asked_at)s::timestamptz[], %(requests)s::smallint[])
     as n (edge_id, bd_seq, born_at, born_told, died_at, stray_bd_seq, stray_at, sequence, rebirth_due, rebirth_for,
           asked_at, requests)
where e.edge_id = n.edge_id

-- name: devices
-- Which registered device speaks as an edge node's device, or as the edge node itself (device empty): one whose settings
-- say so, else the one with the number EDGE/DEVICE, else the one with the plain number. Place 3: the plain number is that
-- of a device whose settings name another place.
select asked.vendor_code, asked.edge, asked.device, found.device_no, found.settings, found.status, found.place
from unnest(%(vendors)b::text[], %(edges)b::text[], %(devices)b::text[]) as asked (vendor_code, edge, device)
cross join lateral (
    select d.device_no, d.settings::text, d.status, 0 as place
    from devices d
    where d.settings ? 'sparkplug' and d.vendor_code = asked.vendor_code
      and d.settings -> 'sparkplug' ->> 'edge' = asked.edge
      and coalesce(d.settings -> 'sparkplug' ->> 'device', d.device_no) = asked.device
    union all
    select d.device_no, d.settings::text, d.status,
           case when d.settings -> 'sparkplug' ->> 'edge' is not null then 3
                when d.device_no = asked.edge || '/' || asked.device then 1 else 2 end
    from devices d
    where d.vendor_code = asked.vendor_code
      and d.device_no in (asked.edge || '/' || asked.device, coalesce(nullif(asked.device, ''), asked.edge))
    order by place, device_no
    limit 1) as found

-- name: births
-- The newest births of edge nodes and devices, without their metrics.
select b.birth_id, asked.edge_id, asked.device, b.received_at, b.told_at, b.ended_at, b.is_dead
from unnest(%(edges)b::integer[], %(devices)b::text[]) as asked (edge_id, device)
cross join lateral (
    select birth_id, received_at, told_at, ended_at, is_dead from sparkplug_births b
    where b.edge_id = asked.edge_id and b.device = asked.device
    order by received_at desc limit %(most)s) as b

-- name: metrics
-- What births declare.
select birth_id, metrics::text from sparkplug_births where birth_id = any (%(births)b::bigint[])

-- name: count_devices
-- How many devices of an edge node were born.
select count(distinct device) as devices from sparkplug_births where edge_id = %(edge)s

-- name: add_birth
-- A birth; none where one was received at the same moment.
insert into sparkplug_births (edge_id, device, received_at, told_at, ended_at, is_dead, is_settled, metrics)
values (%(edge)s, %(device)s, %(received)s, %(told)s, %(ended)s, %(dead)s, not %(dead)s, %(metrics)s::jsonb)
on conflict (edge_id, device, received_at) do nothing
returning birth_id

-- name: trim_births
-- Keep the newest births of an edge node or device.
delete from sparkplug_births b
where b.edge_id = %(edge)s and b.device = %(device)s and b.is_settled
  and b.received_at < (select min(received_at) from (
      select received_at from sparkplug_births
      where edge_id = %(edge)s and device = %(device)s order by received_at desc limit %(most)s) newest)

-- name: end_devices
-- A new birth of the node ends those of its devices, but for those that already followed it.
update sparkplug_births
set ended_at = %(at)s
where edge_id = %(edge)s and device <> '' and ended_at is null and received_at < %(at)s
  and (told_at = 0 or %(told)s = 0 or told_at < %(told)s)

-- name: die
-- The death of an edge node with all its devices, or of one device: the newest birth of each is over.
update sparkplug_births b
set ended_at = coalesce(b.ended_at, %(at)s), is_dead = true, is_settled = false
where b.edge_id = %(edge)s and (%(device)s::text is null or b.device = %(device)s) and not b.is_dead
  and b.received_at <= %(at)s
  and not exists (select from sparkplug_births newer where newer.edge_id = b.edge_id and newer.device = b.device
                  and newer.received_at > b.received_at)

-- name: unsettle
-- A late message of a session that is over has made its device look alive: tell its death again.
update sparkplug_births set is_settled = false where birth_id = any (%(births)b::bigint[]) and is_dead

-- name: conditions
-- The last values of conditions.
select c.edge_id, c.device, c.name, c.value, c.ts, c.received_at
from unnest(%(edges)b::integer[], %(devices)b::text[]) as asked (edge_id, device)
join sparkplug_conditions c using (edge_id, device)

-- name: keep_conditions
-- The last values of conditions.
insert into sparkplug_conditions (edge_id, device, name, value, ts, received_at)
select edge_id, device, name, value, ts, received_at
from unnest(%(edges)b::integer[], %(devices)b::text[], %(names)b::text[], %(values)b::boolean[],
            %(times)b::timestamptz[], %(received)b::timestamptz[])
     as now (edge_id, device, name, value, ts, received_at)
on conflict (edge_id, device, name) do update
set value = excluded.value, ts = excluded.ts, received_at = excluded.received_at

-- name: waiting_room
-- How much waits for births of an edge node.
select count(*) as messages, coalesce(sum(length(payload)), 0) as bytes from sparkplug_waiting where edge_id = %(edge)s

-- name: add_waiting
-- Metrics that came before their birth; once, however often the broker delivers them.
insert into sparkplug_waiting (edge_id, device, received_at, topic, payload, packet_id, session, digest)
values (%(edge)s, %(device)s, %(received)s, %(topic)s, %(payload)s, %(packet)s, %(session)s, %(digest)s)
on conflict (edge_id, digest) do nothing

-- name: take_waiting
-- What waits for a birth of an edge node or device; it waits no longer.
delete from sparkplug_waiting where edge_id = %(edge)s and device = %(device)s
returning received_at, topic, payload, packet_id, session, waiting_id

-- name: expired
-- What has waited too long; it waits no longer.
with old as (
    select waiting_id from sparkplug_waiting where received_at < %(before)s
    order by received_at limit %(most)s for update skip locked)
delete from sparkplug_waiting w using old, sparkplug_edges e
where w.waiting_id = old.waiting_id and e.edge_id = w.edge_id
returning w.received_at, w.topic, w.payload, e.vendor_code

-- name: unsettled
-- Deaths whose devices have not been told of, as far as no batch is at them now.
select b.birth_id, e.vendor_code, e.edge, b.device, greatest(b.ended_at, e.died_at) as died_at
from sparkplug_births b
join sparkplug_edges e using (edge_id)
where not b.is_settled
order by b.birth_id
limit %(most)s
for update of b skip locked

-- name: settle
-- Deaths that have been told to the state of their devices.
update sparkplug_births set is_settled = true where birth_id = any (%(births)b::bigint[])

-- name: device_ids
-- Numbers and units of devices.
select d.device_id, d.unit_id, d.vendor_code, d.device_no
from unnest(%(vendors)b::text[], %(numbers)b::text[]) as asked (vendor_code, device_no)
join devices d using (vendor_code, device_no)
where d.status = 'active'

-- name: mark_dead
-- Devices that have not been heard since their session ended are offline; locked in one order.
with gone as (
    select l.device_id, told.since
    from unnest(%(devices)b::integer[], %(since)b::timestamptz[]) as told (device_id, since)
    join device_last l using (device_id)
    where l.online and l.last_received_at <= told.since
    order by l.device_id for update of l)
update device_last l set online = false, offline_since = gone.since
from gone where l.device_id = gone.device_id
returning l.device_id, gone.since
