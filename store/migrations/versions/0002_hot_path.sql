-- What the fast path of ingest keeps.

create table registry_revision (
    is_only   boolean primary key default true check (is_only),
    revision  bigint not null default 1
);
insert into registry_revision default values;
comment on table registry_revision is 'changes with every change of vendors and devices: what ingest remembers of them is forgotten when it moves';

create function registry_moved() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
begin
    update public.registry_revision set revision = revision + 1;
    return null;
end $$;
create trigger vendors_moved after insert or update or delete or truncate on vendors
    for each statement execute function registry_moved();
create trigger devices_moved after insert or update or delete or truncate on devices
    for each statement execute function registry_moved();

create table delivery_batches (
    session      text not null,
    batch        bigint not null,
    messages     integer not null,
    received_at  timestamptz not null,
    keys         bytea not null,
    primary key (session, batch)
);
alter table delivery_batches alter column keys set storage external;
comment on table delivery_batches is
    'messages without a time of their own that the fast path stored, a batch a row: what the broker may still deliver again';
comment on column delivery_batches.keys is 'for each message its packet number (2 bytes) and CRC-32 of topic and payload (4), big-endian';

-- The newest value of each metric is asked of readings: keeping it twice cost a row version a message.
alter table device_last drop column metric_values;

grant select on registry_revision to huoyan_ingest, huoyan_scheduler, huoyan_api;
grant select, insert, delete on delivery_batches to huoyan_ingest;
grant select on delivery_batches to huoyan_scheduler, huoyan_api;
