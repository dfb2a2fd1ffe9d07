-- GB/T 26875.3 links and what the centre asks over them.

-- Which listener processes run, and which links they hold now: true for the moment only, so neither is in the write-ahead
-- log, and both are empty after a crash of the server until the listeners tell again.

create unlogged table gbt_listeners (
    listener    text primary key check (length(listener) between 1 and 128),
    started_at  timestamptz not null,
    seen_at     timestamptz not null,
    tcp_port    integer not null,
    udp_port    integer not null,
    links       integer not null default 0
);
comment on column gbt_listeners.seen_at is 'told every few seconds: a listener not seen for 30 s holds no link any more';

create unlogged table gbt_links (
    listener    text not null,
    link        bigint not null,
    transport   text not null check (transport in ('tcp', 'udp', 'mqtt')),
    port        integer not null,
    peer        text not null check (length(peer) <= 64),
    since       timestamptz not null,
    heard_at    timestamptz not null,
    device_id   integer,
    address     text not null,
    frames      bigint not null,
    bad         bigint not null,
    primary key (listener, link)
) with (fillfactor = 70);
create index gbt_links_device on gbt_links (device_id) where device_id is not null;
comment on column gbt_links.device_id is 'null: no registered device has this address, peer or port';
comment on column gbt_links.address is 'the source address of its newest frame: six bytes in wire order, as hex';

-- Devices that speak this protocol over MQTT, and how they spoke last: what has to be known to speak to them, whichever
-- ingest process heard them and however long ago.
create table gbt_mqtt (
    device_id   integer primary key references devices,
    since       timestamptz not null,
    heard_at    timestamptz not null,
    kept_at     timestamptz not null,
    is_hex      boolean not null,
    address     bytea not null check (length(address) = 6),
    centre      bytea not null check (length(centre) = 6),
    frames      bigint not null,
    bad         bigint not null
) with (fillfactor = 70);
create index gbt_mqtt_kept on gbt_mqtt (kept_at);
comment on column gbt_mqtt.address is 'the source address of its newest frame, as it writes it; centre is ours in that frame';
comment on column gbt_mqtt.kept_at is 'when this row was written: who speaks to devices reads what is new since its last look';

-- What the centre asks a device, and how it ended.

create table gbt_requests (
    request_id   bigint generated always as identity primary key,
    device_id    integer not null references devices,
    unit_id      bigint not null references units,
    kind         text not null,
    command      smallint not null check (command in (1, 4)),
    unit         bytea not null check (length(unit) between 1 and 1024),
    parameters   jsonb not null default '{}',
    asked_by     text not null,
    asked_at     timestamptz not null,
    send_by      timestamptz not null,
    answer_seconds integer not null check (answer_seconds between 1 and 86400),
    state        text not null default 'waiting' check (state in (
        'waiting', 'sent', 'confirmed', 'answered', 'denied', 'unanswered', 'unconfirmed', 'not_sent', 'interrupted')),
    listener     text,
    sends        integer not null default 0,
    sent_at      timestamptz,
    answer_by    timestamptz,
    confirmed_at timestamptz,
    answered_at  timestamptz,
    ended_at     timestamptz,
    answer       jsonb,
    constraint waiting_is_open check (state not in ('waiting', 'sent') or ended_at is null),
    constraint answered_says_when check (state <> 'answered' or answered_at is not null),
    constraint over_says_when check (ended_at is not null or state in ('waiting', 'sent', 'confirmed'))
);
create index gbt_requests_open on gbt_requests (request_id) where ended_at is null;
create index gbt_requests_device on gbt_requests (device_id, request_id desc);
create index gbt_requests_unit on gbt_requests (unit_id, asked_at desc);
create index gbt_requests_asked on gbt_requests (asked_at desc);
create index gbt_requests_unanswered on gbt_requests (ended_at desc) where kind = 'duty_check' and state = 'unanswered';
comment on column gbt_requests.kind is 'duty_check 查岗, set_clock 校时, initialise 初始化, read_…: see ingest.links.kinds';
comment on column gbt_requests.answer_seconds is 'how long after the sending the answer may take: for a duty check its minutes, with the grace of policy';
comment on column gbt_requests.state is 'final with ended_at: answered, confirmed (a control without answer), denied, '
    'unanswered (nobody on post, or no answer in time), unconfirmed (the device stayed silent), not_sent (no link in time), '
    'interrupted (the listener went away in between: says nothing about the post)';

create table gbt_request_steps (
    step_id     bigint generated always as identity primary key,
    request_id  bigint not null references gbt_requests,
    at          timestamptz not null,
    step        text not null,
    detail      jsonb not null default '{}'
);
create index gbt_request_steps_request on gbt_request_steps (request_id, step_id);
create trigger gbt_request_steps_append_only before update or delete or truncate on gbt_request_steps
    for each statement execute function refuse_change();

-- A duty check (查岗) counts against a post only when the device was reached and nobody pressed the key in time.
create view duty_checks as
select request_id, device_id, unit_id, asked_by, asked_at, (parameters ->> 'minutes')::integer as minutes, sent_at,
       confirmed_at, answer_by, answered_at, ended_at, state, state = 'unanswered' as is_unanswered
from gbt_requests where kind = 'duty_check';

-- Listeners know the devices by heart: they are told when a device was changed.
create function devices_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('huoyan_devices', '');
    return null;
end $$;
create trigger devices_changed after insert or update or delete on devices
    for each statement execute function devices_changed();

create index devices_gbt on devices (device_id) where settings ? 'gbt26875';

grant select, insert, update, delete on gbt_listeners, gbt_links to huoyan_ingest;
grant select, insert, update on gbt_mqtt to huoyan_ingest;
grant select, insert, update on gbt_requests to huoyan_ingest;
grant select, insert on gbt_request_steps to huoyan_ingest;
grant select on gbt_listeners, gbt_links, gbt_requests, gbt_request_steps, duty_checks to huoyan_api, huoyan_scheduler;
grant insert on gbt_requests, gbt_request_steps to huoyan_api;
