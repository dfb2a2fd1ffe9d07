-- One row for each period that law or policy lets run: its rule, what it runs for, who answers for it, from when to when.

create table clocks (
    clock_id     bigint generated always as identity primary key,
    rule         text not null check (rule ~ '^[a-z_]+\.[a-z_]+$'),
    noun         text not null check (noun ~ '^[a-z_]+$'),
    ref          text not null check (length(ref) between 1 and 100),
    unit_id      bigint references units,
    area_code    text not null references areas,
    body         text not null default 'brigade' check (body in ('brigade', 'town', 'police_station')),
    started_at   timestamptz not null,
    soon_at      timestamptz not null,
    due_at       timestamptz not null check (due_at >= started_at and soon_at between started_at and due_at),
    done_at      timestamptz,
    dropped_at   timestamptz,
    dropped_why  text check ((dropped_at is null) = (dropped_why is null)),
    constraint clock_once unique (rule, ref),
    constraint done_or_dropped check (done_at is null or dropped_at is null)
);
create index clocks_running on clocks (due_at) where done_at is null and dropped_at is null;
create index clocks_done on clocks (done_at desc) where done_at is not null;
create index clocks_of on clocks (noun, ref);
create index clocks_unit on clocks (unit_id, due_at desc);
comment on column clocks.rule is 'the rule in policy/ that sets the period';
comment on column clocks.body is 'who has to act; area_code says which brigade, town or station';
comment on column clocks.soon_at is 'from here on it is shown as due soon';

-- A clock is stopped, dropped or moved by what it runs for; it is never taken away.
grant select on clocks to huoyan_scheduler, huoyan_api;
grant insert, update on clocks to huoyan_scheduler, huoyan_api;
