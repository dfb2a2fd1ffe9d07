-- name: offline_among
-- Devices that are marked offline.
select device_id from device_last where not online and device_id = any (%(devices)b::integer[]) order by device_id

-- name: keep_heard
-- The last times of devices, never backwards; in one order, so that two processes can't wait for each other. One that
-- is no longer there must not keep the others waiting.
insert into device_last (device_id, last_ts, last_received_at, online_since)
select device_id, last, heard, heard
from unnest(%(devices)b::integer[], %(last)b::timestamptz[], %(heard)b::timestamptz[]) as told (device_id, last, heard)
where exists (select from devices d where d.device_id = told.device_id)
order by device_id
on conflict (device_id) do update
set last_ts = greatest(device_last.last_ts, excluded.last_ts),
    last_received_at = greatest(device_last.last_received_at, excluded.last_received_at)

-- name: newest
-- When any device was heard last.
select max(last_received_at) as newest from device_last
