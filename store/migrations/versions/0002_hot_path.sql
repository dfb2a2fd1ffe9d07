-- What the fast path of ingest keeps.

create table registry_revision (
    slot      smallint primary key,
    revision  bigint not null default 0
);
insert into registry_revision (slot) select generate_series(0, 63);
comment on table registry_revision is 'its sum grows with every change of vendors and devices: what ingest remembers of them is forgotten when it moves';

create function registry_moved() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
declare free smallint;
begin
    -- Any slot that nobody holds: with a single one, two who change the registry would wait for each other, and in a
    -- circle where one of them goes on to what the other has changed.
    select slot into free from public.registry_revision order by slot for update skip locked limit 1;
    update public.registry_revision set revision = revision + 1 where slot = coalesce(free, 0);
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
comment on column delivery_batches.messages is 'all new messages since the row before, also those that are not in keys';
comment on column delivery_batches.keys is 'for each message its packet number (2 bytes) and CRC-32 of topic and payload (4), big-endian';

-- The newest value of each metric is asked of readings: keeping it twice cost a row version a message.
alter table device_last drop column metric_values;

grant select on registry_revision to huoyan_ingest, huoyan_scheduler, huoyan_api;
grant select, insert, delete on delivery_batches to huoyan_ingest;
grant select on delivery_batches to huoyan_scheduler, huoyan_api;
