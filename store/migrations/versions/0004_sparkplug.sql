-- What a passive Sparkplug B host remembers of its edge nodes, so that any ingest process can go on where another stopped.

create table sparkplug_edges (
    edge_id        integer generated always as identity primary key,
    vendor_code    text not null references vendors on delete cascade,
    edge           text not null check (length(edge) between 1 and 128),
    bd_seq         smallint check (bd_seq between 0 and 255),
    born_at        timestamptz,
    born_told      bigint,
    died_at        timestamptz,
    stray_bd_seq   smallint check (stray_bd_seq between 0 and 255),
    stray_at       timestamptz,
    sequence       jsonb not null default '{}',
    rebirth_due    timestamptz,
    rebirth_for    text,
    asked_at       timestamptz,
    requests       smallint not null default 0,
    constraint sparkplug_edges_key unique (vendor_code, edge)
);
create index sparkplug_edges_due on sparkplug_edges (rebirth_due) where rebirth_due is not null;
comment on table sparkplug_edges is 'sessions of Sparkplug edge nodes; a batch locks the rows of those it speaks of';
comment on column sparkplug_edges.born_told is 'time of the payload of the newest NBIRTH in ms: tells whether another message is of its session';
comment on column sparkplug_edges.stray_at is 'last NDEATH of no session known then: its NBIRTH may be read later than it';
comment on column sparkplug_edges.sequence is 'turn, early and recent message numbers';
comment on column sparkplug_edges.rebirth_due is 'when a rebirth will be asked for, unless what is missing comes before';
comment on column sparkplug_edges.rebirth_for is 'seq: a number is missing; else N or D and the device whose birth is missing';

create table sparkplug_births (
    birth_id     bigint generated always as identity primary key,
    edge_id      integer not null references sparkplug_edges on delete cascade,
    device       text not null,
    received_at  timestamptz not null,
    told_at      bigint not null,
    ended_at     timestamptz,
    is_dead      boolean not null default false,
    is_settled   boolean not null default true,
    metrics      jsonb not null,
    constraint sparkplug_births_key unique (edge_id, device, received_at),
    constraint dead_has_end check (not is_dead or ended_at is not null)
);
create index sparkplug_births_dead on sparkplug_births (edge_id) where not is_settled;
comment on table sparkplug_births is 'the newest births of edge nodes (device empty) and devices: what their aliases stand for';
comment on column sparkplug_births.is_settled is 'false: the death still has to be told to the state of the device';
comment on column sparkplug_births.metrics is 'list of [name, alias, datatype, time in ms, clock stands still, unit]';

create table sparkplug_conditions (
    edge_id      integer not null references sparkplug_edges on delete cascade,
    device       text not null,
    name         text not null,
    value        boolean not null,
    ts           timestamptz not null,
    received_at  timestamptz not null,
    primary key (edge_id, device, name)
);
comment on table sparkplug_conditions is 'last value of each boolean that stands for an alarm, a fault or a state: only a change is an event';

create table sparkplug_waiting (
    waiting_id   bigint generated always as identity primary key,
    edge_id      integer not null references sparkplug_edges on delete cascade,
    device       text not null,
    received_at  timestamptz not null,
    topic        text not null,
    payload      bytea not null,
    packet_id    numeric not null,
    session      text not null,
    digest       bytea not null,
    constraint sparkplug_waiting_key unique (edge_id, digest)
);
create index sparkplug_waiting_place on sparkplug_waiting (edge_id, device, received_at);
create index sparkplug_waiting_age on sparkplug_waiting (received_at);
comment on table sparkplug_waiting is 'metrics that came before the birth that names their aliases: stored when it comes, in quarantine when it does not';

create index devices_sparkplug on devices (vendor_code, (settings -> 'sparkplug' ->> 'edge')) where settings ? 'sparkplug';

grant select, insert, update on sparkplug_edges to huoyan_ingest;
grant select, insert, update, delete on sparkplug_births, sparkplug_conditions, sparkplug_waiting to huoyan_ingest;
grant select on sparkplug_edges, sparkplug_births, sparkplug_conditions, sparkplug_waiting to huoyan_scheduler, huoyan_api;
