-- Retention, compression, and what quarantine summarises.

-- quarantine: bounded, replayed under every time of receipt, nothing of it lost unseen ---------------------------------

alter table quarantine
    add column first_received_at timestamptz,
    add column receipts timestamptz[] not null default '{}',
    add column became text,
    add column is_cut boolean not null generated always as (payload_bytes > octet_length(payload)) stored,
    add column standing smallint not null generated always as (
        case when replayed_at is not null then 0 when topic ~ '(^gbt26875/|/(event|gbt26875)$)' then 2 else 1 end) stored,
    add column size integer not null generated always as (
        octet_length(payload) + octet_length(topic) + octet_length(reason) + 8 * cardinality(receipts) + 200) stored;
update quarantine set first_received_at = received_at, receipts = array[received_at] where replayed_at is null;
comment on column quarantine.receipts is
    'times of receipt that wait to be replayed, the first and the newest: what has no time of its own is stored under them';
comment on column quarantine.became is 'the reasons for which the replay refused parts of it, or all of it, again';
comment on column quarantine.standing is
    'what goes first where room is short: 0 replayed, 1 waiting, 2 waiting and of a form that alarms have';
comment on column quarantine.size is 'bytes it is counted with: what was kept, and what a row takes besides';

create index quarantine_trimming on quarantine (coalesce(vendor_code, ''), standing, received_at, quarantine_id)
    include (size);
drop index quarantine_vendor;
create index quarantine_listed on quarantine (vendor_code, reason_code, quarantine_id);
-- A flood replaces rows all the time: what it leaves is cleaned up by count, not by share of the table.
alter table quarantine set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 5000);

create table quarantine_usage (
    vendor_code  text not null,
    rows         bigint not null,
    size         bigint not null
);
create index quarantine_usage_vendor on quarantine_usage (vendor_code);
comment on table quarantine_usage is
    'what each vendor (none: empty) has in quarantine, as changes to be added up: no writer waits for another''s counter';

create function quarantine_counted() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into quarantine_usage
        select coalesce(vendor_code, ''), count(*), sum(size) from is_now group by 1;
    elsif tg_op = 'DELETE' then
        insert into quarantine_usage
        select coalesce(vendor_code, ''), -count(*), -sum(size) from was group by 1;
    else
        insert into quarantine_usage
        select vendor, sum(one), sum(bytes)
        from (select coalesce(vendor_code, '') as vendor, 1 as one, size as bytes from is_now
              union all
              select coalesce(vendor_code, ''), -1, -size from was) changed
        group by vendor having sum(one) <> 0 or sum(bytes) <> 0;
    end if;
    return null;
end $$;
create trigger quarantine_added after insert on quarantine referencing new table as is_now
    for each statement execute function quarantine_counted();
create trigger quarantine_changed after update on quarantine referencing old table as was new table as is_now
    for each statement execute function quarantine_counted();
create trigger quarantine_removed after delete on quarantine referencing old table as was
    for each statement execute function quarantine_counted();
insert into quarantine_usage
select coalesce(vendor_code, ''), count(*), sum(size) from quarantine group by 1;

create table quarantine_summary (
    vendor_code      text not null,
    reason_code      text not null,
    day              date not null,
    payloads         bigint not null check (payloads > 0),
    times            bigint not null,
    bytes            bigint not null,
    first_at         timestamptz not null,
    last_at          timestamptz not null,
    example_topic    text not null,
    example_reason   text not null,
    example_digest   bytea not null,
    example_payload  bytea not null,
    primary key (vendor_code, reason_code, day)
);
comment on table quarantine_summary is
    'what quarantine had no room for or kept long enough, by vendor (none: empty), reason and legal day of receipt';

create table replay_runs (
    run_id        bigint generated always as identity primary key,
    requested_at  timestamptz not null,
    requested_by  text not null,
    vendor_code   text,
    reason_code   text,
    payload_ids   bigint[],
    up_to         bigint not null,
    not_before    timestamptz not null,
    status        text not null default 'waiting' check (status in ('waiting', 'running', 'done', 'failed')),
    total         bigint not null,
    cut           bigint not null,
    old           bigint not null,
    after_time    timestamptz not null default '1900-01-01 00:00+00',
    after_id      bigint not null default 0,
    tried         bigint not null default 0,
    stored        bigint not null default 0,
    refused       bigint not null default 0,
    reasons       jsonb not null default '{}',
    started_at    timestamptz,
    heard_at      timestamptz,
    finished_at   timestamptz,
    error         text
);
create index replay_runs_open on replay_runs (run_id) where status in ('waiting', 'running');
comment on table replay_runs is
    'replays asked for, how far each is (after_time, after_id) and what it came to; one that was killed goes on there';
comment on column replay_runs.up_to is 'the newest payload it is about: what it refuses again itself comes later';

-- retention: what is dropped is written down, so that nobody computes a day from what is left of it --------------------

create table retention_marks (
    relation   text primary key check (relation in ('readings', 'states', 'events')),
    kept_from  date not null,
    set_at     timestamptz not null default clock_timestamp()
);
comment on table retention_marks is
    'telemetry of legal days before kept_from may be gone: their roll-ups stand as they are, but for what cases say';

alter table score_runs add column reasons text not null default 'whole' check (reasons in ('whole', 'kept', 'dropped'));
comment on column score_runs.reasons is
    'the named contributions of the day''s scores: whole; kept for ever, since a draw used them; dropped for their age';

create table size_history (
    day       date not null,
    relation  text not null,
    rows      bigint not null,
    bytes     bigint not null,
    primary key (day, relation)
);
comment on table size_history is 'estimated rows and bytes on disk of the large tables, once a day: from it the growth';

-- Chunks belong to the owner of the schema. The scheduler may have them dropped and compressed, within these bounds;
-- on a server without TimescaleDB, and in its Apache edition, there is nothing here that it could call with effect.
create function telemetry_chunks_drop(before timestamptz) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare dropped integer;
begin
    if not exists (select from retention_marks m where m.relation = 'readings'
                   and m.kept_from::timestamp at time zone 'Asia/Shanghai' >= before) then
        raise exception 'readings before % are kept: retention_marks says from when on', before
            using errcode = 'restrict_violation';
    end if;
    execute 'select count(*) from drop_chunks(''public.readings''::regclass, older_than => $1)'
        into dropped using before;
    return dropped;
end $$;

-- One chunk at a time, the oldest first, so that each is a transaction of its own; null where none is left to do.
create function telemetry_chunk_compress(older timestamptz) returns text
language plpgsql security definer set search_path = public, pg_temp as $$
declare chunk text;
begin
    if older > now() - interval '1 day' then
        raise exception 'a chunk of the day in progress is not compressed' using errcode = 'restrict_violation';
    end if;
    if not exists (select from timescaledb_information.hypertables h
                   where h.hypertable_schema = 'public' and h.hypertable_name = 'readings' and h.compression_enabled) then
        -- The key of the table is in it: a repetition is looked for in its own segment and nowhere else.
        execute 'alter table public.readings set (timescaledb.compress,
                 timescaledb.compress_segmentby = ''device_id, metric_id'', timescaledb.compress_orderby = ''ts'')';
    end if;
    -- Status 8: rows came after it had been compressed.
    select format('%I.%I', i.chunk_schema, i.chunk_name) into chunk
    from timescaledb_information.chunks i
    join _timescaledb_catalog.chunk c on c.schema_name = i.chunk_schema and c.table_name = i.chunk_name
    where i.hypertable_schema = 'public' and i.hypertable_name = 'readings' and i.range_end <= older
      and (not i.is_compressed or c.status & 8 <> 0)
    order by i.range_end limit 1;
    if chunk is not null then
        execute 'select compress_chunk($1::regclass, true)' using chunk;
    end if;
    return chunk;
end $$;

create function telemetry_chunk_interval(hours integer) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if hours not between 1 and 2400 then
        raise exception 'a chunk spans 1 hour to 100 days, not % hours', hours using errcode = 'restrict_violation';
    end if;
    execute 'select set_chunk_time_interval(''public.readings''::regclass, make_interval(hours => $1))' using hours;
end $$;

-- Rows that were deleted leave room for new ones, and a range of blocks that holds both says nothing about time any more.
create function telemetry_time_indexes_refresh() returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare index regclass; block bigint; ranges integer := 0;
begin
    foreach index in array array['readings_time', 'states_time', 'events_time']::regclass[] loop
        for block in
            select generate_series(0, pg_relation_size(i.indrelid) / current_setting('block_size')::bigint, 128)
            from pg_index i where i.indexrelid = index
        loop
            perform brin_desummarize_range(index, block);
        end loop;
        ranges := ranges + brin_summarize_new_values(index);
    end loop;
    return ranges;
end $$;

revoke all on function telemetry_chunks_drop(timestamptz), telemetry_chunk_compress(timestamptz),
    telemetry_chunk_interval(integer), telemetry_time_indexes_refresh() from public;

-- least privilege -----------------------------------------------------------------------------------------------------

grant execute on function telemetry_chunks_drop(timestamptz), telemetry_chunk_compress(timestamptz),
    telemetry_chunk_interval(integer), telemetry_time_indexes_refresh() to huoyan_scheduler;

-- Whoever adds to quarantine keeps it within its bounds.
-- Update, since rows are locked before they are put together.
grant select, insert, update, delete on quarantine_usage to huoyan_ingest, huoyan_scheduler;
grant select, insert, update on quarantine_summary to huoyan_ingest, huoyan_scheduler;
-- The scheduler replays: it stores what ingest would have stored.
grant insert, update, delete on quarantine to huoyan_scheduler;
grant insert on readings, states, metrics to huoyan_scheduler;
grant insert, update on deliveries to huoyan_scheduler;
grant select, insert, update on replay_runs to huoyan_scheduler, huoyan_ingest;
grant select, insert on replay_runs to huoyan_api;
grant select on quarantine_summary, quarantine_usage, retention_marks, size_history to huoyan_api;
-- A page asks for a replay and does none itself.
revoke insert, update on quarantine from huoyan_api;

grant select, insert, update on retention_marks to huoyan_scheduler;
grant select on retention_marks to huoyan_ingest;
grant select, insert, update, delete on size_history to huoyan_scheduler;
-- What ages: never alarms, cases, inspections, draws, credit or the audit log.
grant delete on states, events, quarantine_summary to huoyan_scheduler;
