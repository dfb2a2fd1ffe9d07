-- Huoyan, first schema. One time axis: timestamptz in UTC. Legal days (date columns) are Asia/Shanghai days.
-- A released migration is never edited: a change is a new file.

-- registry: who and what exists -------------------------------------------------------------------------------------

create table areas (
    area_code    text primary key check (area_code ~ '^[0-9]{6,12}$'),
    parent_code  text references areas,
    level        text not null check (level in ('city', 'district', 'town')),
    name_zh      text not null,
    name_en      text,
    constraint area_parent check ((level = 'city') = (parent_code is null))
);
create index areas_parent on areas (parent_code);

create table units (
    unit_id         bigint generated always as identity primary key,
    unit_no         text not null unique check (length(unit_no) between 1 and 64),
    name            text not null,
    uscc            text check (uscc is null or length(uscc) = 18),
    area_code       text not null references areas,
    address         text,
    kind            text not null,
    is_key          boolean not null default false,
    is_crowded      boolean not null default false,
    is_high_hazard  boolean not null default false,
    floor_area_m2   double precision check (floor_area_m2 >= 0),
    storeys         integer check (storeys between 0 and 300),
    height_m        double precision check (height_m >= 0),
    occupants       integer check (occupants >= 0),
    sleeping        boolean not null default false,
    dangerous_goods boolean not null default false,
    built_year      integer check (built_year between 1000 and 2200),
    lon             double precision check (lon between -180 and 180),
    lat             double precision check (lat between -90 and 90),
    attributes      jsonb not null default '{}',
    status          text not null default 'active' check (status in ('active', 'closed')),
    registered_on   date,
    source          text not null default 'manual',
    updated_at      timestamptz not null default now()
);
create index units_area on units (area_code, unit_id);
create index units_kind on units (kind);
create index units_uscc on units (uscc) where uscc is not null;
create index units_operator on units ((coalesce(nullif(attributes ->> 'operator', ''), uscc)));

comment on column units.is_key is '消防安全重点单位';
comment on column units.is_crowded is '人员密集场所';
comment on column units.is_high_hazard is '火灾高危单位: a flag of its own, not the same as the two above';

create table vendors (
    vendor_code  text primary key check (vendor_code ~ '^[a-z0-9][a-z0-9_-]{1,31}$'),
    name         text not null,
    status       text not null default 'active' check (status in ('active', 'suspended')),
    created_at   timestamptz not null default now()
);

create table devices (
    device_id     integer generated always as identity primary key,
    vendor_code   text not null references vendors,
    device_no     text not null check (length(device_no) between 1 and 64),
    unit_id       bigint not null references units,
    kind          text not null,
    location      text,
    installed_on  date,
    settings      jsonb not null default '{}',
    status        text not null default 'active' check (status in ('active', 'retired')),
    updated_at    timestamptz not null default now(),
    unique (vendor_code, device_no)
);
create index devices_unit on devices (unit_id);
create index devices_no on devices (device_no);

create table officers (
    officer_no       text primary key check (length(officer_no) between 1 and 32),
    name             text not null,
    body             text not null default 'brigade' check (body in ('brigade', 'town', 'police_station')),
    area_codes       text[] not null,
    certificate_no   text,
    certificate_from date,
    certificate_to   date,
    can_lead         boolean not null default false,
    skills           text[] not null default '{}',
    daily_visits     integer not null default 2 check (daily_visits between 0 and 20),
    status           text not null default 'active' check (status in ('active', 'inactive')),
    updated_at       timestamptz not null default now()
);

create table officer_leave (
    officer_no  text not null references officers,
    from_day    date not null,
    to_day      date not null check (to_day >= from_day),
    reason      text not null,
    primary key (officer_no, from_day)
);

create table officer_recusals (
    officer_no  text not null references officers,
    unit_id     bigint not null references units,
    reason      text not null,
    primary key (officer_no, unit_id)
);

create table inspection_items (
    item_code    text not null check (length(item_code) between 1 and 64),
    valid_from   date not null,
    valid_to     date,
    name_zh      text not null,
    name_en      text,
    category     text not null default 'general' check (category in ('key', 'general')),
    severity     text not null check (severity in ('critical', 'serious', 'minor')),
    basis        text,
    primary key (item_code, valid_from)
);

-- ingest: what devices reported -------------------------------------------------------------------------------------

create table metrics (
    metric_id  smallint generated always as identity primary key,
    code       text not null unique
);

create table readings (
    device_id    integer not null,
    metric_id    smallint not null,
    ts           timestamptz not null,
    value        double precision not null,
    received_at  timestamptz not null,
    constraint readings_key unique (device_id, metric_id, ts)
);
create index readings_time on readings using brin (ts) with (autosummarize = on);

create table states (
    device_id    integer not null,
    key          text not null,
    ts           timestamptz not null,
    value        text not null,
    received_at  timestamptz not null,
    constraint states_key unique (device_id, key, ts)
);
create index states_time on states using brin (ts) with (autosummarize = on);

create table events (
    device_id    integer not null,
    ts           timestamptz not null,
    kind         text not null,
    point        text not null default '',
    active       boolean not null default true,
    detail       jsonb not null default '{}',
    device_ts    timestamptz,
    received_at  timestamptz not null,
    source       text not null,
    constraint events_key unique (device_id, ts, kind, point, active)
);
create index events_received on events (received_at);
create index events_time on events using brin (ts) with (autosummarize = on);
create index events_conditions on events (device_id, kind, point, ts)
    where kind in ('shielded', 'manual_mode', 'system_off', 'offline');

comment on column events.ts is 'the time the system goes by; device_ts is what the device said where that was judged unusable';
comment on column events.active is 'true: the condition began; false: it was restored';

create table alarms (
    alarm_id      bigint generated always as identity primary key,
    device_id     integer not null references devices,
    unit_id       bigint not null references units,
    kind          text not null,
    point         text not null default '',
    opened_at     timestamptz not null,
    received_at   timestamptz not null,
    stored_at     timestamptz not null default clock_timestamp(),
    last_at       timestamptz not null,
    restored_at   timestamptz,
    verdict       text check (verdict in ('confirmed', 'false', 'test')),
    verdict_by    text,
    verdict_at    timestamptz,
    verdict_note  text,
    constraint alarms_key unique (device_id, kind, point, opened_at)
);
create index alarms_open on alarms (opened_at desc) where restored_at is null;
create index alarms_unit on alarms (unit_id, opened_at desc);
create index alarms_recent on alarms (opened_at desc);
create index alarms_restored on alarms (restored_at) where restored_at is not null;

create table device_last (
    device_id         integer primary key references devices,
    last_ts           timestamptz,
    last_received_at  timestamptz not null,
    online            boolean not null default true,
    online_since      timestamptz,
    offline_since     timestamptz,
    metric_values     jsonb not null default '{}',
    conditions        jsonb not null default '{}'
) with (fillfactor = 70);

create table device_points (
    device_id  integer not null references devices,
    kind       text not null,
    point      text not null,
    active     boolean not null,
    ts         timestamptz not null,
    since      timestamptz not null,
    primary key (device_id, kind, point)
);
comment on table device_points is 'last known state of each condition at each point of a device: tells a restore from a repetition';

create table quarantine (
    quarantine_id  bigint generated always as identity primary key,
    received_at    timestamptz not null,
    topic          text not null,
    payload        bytea not null,
    payload_bytes  integer not null,
    digest         bytea not null,
    vendor_code    text,
    reason_code    text not null,
    reason         text not null,
    times          integer not null default 1,
    replayed_at    timestamptz,
    constraint quarantine_key unique (digest)
);
create index quarantine_recent on quarantine (received_at desc);
create index quarantine_vendor on quarantine (vendor_code, reason_code);

create table deliveries (
    digest       bytea primary key,
    received_at  timestamptz not null
);
create index deliveries_age on deliveries (received_at);
comment on table deliveries is 'messages without a time of their own, kept for the redelivery window so that a broker redelivery is stored once';

create table dirty_unit_days (
    unit_id  bigint not null,
    day      date not null,
    primary key (unit_id, day)
);
comment on table dirty_unit_days is 'unit-days whose roll-up must be computed (again); marking one twice does no harm';

-- A case touches every day from its opening to its restoring: whoever writes it, the days it touches are marked.
create function legal_day(moment timestamptz) returns date language sql immutable parallel safe as $$
    select (moment at time zone 'Asia/Shanghai')::date
$$;
create function alarms_opened() returns trigger language plpgsql as $$
begin
    insert into dirty_unit_days (unit_id, day)
    select distinct unit_id, day::date
    from is_now, generate_series(legal_day(opened_at)::timestamp,
        legal_day(coalesce(restored_at, greatest(opened_at, now())))::timestamp, interval '1 day') day
    order by 1, 2
    on conflict do nothing;
    return null;
end $$;
create function alarms_changed() returns trigger language plpgsql as $$
begin
    -- A verdict counts on the day of the opening; a new end changes every day between the two ends.
    insert into dirty_unit_days (unit_id, day)
    select distinct is_now.unit_id, day::date
    from is_now join was using (alarm_id), lateral (
        select legal_day(is_now.opened_at) as day where is_now.verdict is distinct from was.verdict
        union
        select generate_series(
            legal_day(least(coalesce(was.restored_at, now()), coalesce(is_now.restored_at, now())))::timestamp,
            legal_day(greatest(coalesce(was.restored_at, now()), coalesce(is_now.restored_at, now())))::timestamp,
            interval '1 day')::date
        where is_now.restored_at is distinct from was.restored_at) touched
    order by 1, 2
    on conflict do nothing;
    return null;
end $$;
create trigger alarms_opened after insert on alarms referencing new table as is_now
    for each statement execute function alarms_opened();
create trigger alarms_changed after update on alarms referencing old table as was new table as is_now
    for each statement execute function alarms_changed();

-- casework: what happened -------------------------------------------------------------------------------------------

create table inspections (
    inspection_id  bigint generated always as identity primary key,
    inspection_no  text not null unique,
    unit_id        bigint not null references units,
    kind           text not null,
    arm            text check (arm in ('duty', 'random', 'targeted')),
    draw_no        text,
    draw_probability double precision check (draw_probability > 0 and draw_probability <= 1),
    planned_on     date,
    started_at     timestamptz,
    ended_at       timestamptz check (ended_at is null or ended_at >= started_at),
    inspected_on   date,
    status         text not null default 'planned' check (status in ('planned', 'done', 'not_possible', 'cancelled')),
    result         text check (result in ('pass', 'hazards_corrected', 'hazards_ordered', 'closed')),
    team           text,
    note           text,
    source         text not null default 'manual',
    entered_by     text,
    entered_at     timestamptz not null default now(),
    constraint done_has_day check (status <> 'done' or inspected_on is not null)
);
create index inspections_unit on inspections (unit_id, inspected_on desc);
create index inspections_day on inspections (inspected_on) where status = 'done';
create index inspections_planned on inspections (planned_on) where status = 'planned';
create unique index inspections_draw on inspections (draw_no, unit_id) where draw_no is not null;
create index inspections_number on inspections (inspection_no text_pattern_ops);

create table inspection_officers (
    inspection_id  bigint not null references inspections on delete cascade,
    officer_no     text not null references officers,
    role           text not null check (role in ('lead', 'member')),
    primary key (inspection_id, officer_no)
);

create table hazards (
    hazard_id      bigint generated always as identity primary key,
    inspection_id  bigint not null references inspections on delete cascade,
    unit_id        bigint not null references units,
    item_code      text not null,
    severity       text not null check (severity in ('critical', 'serious', 'minor')),
    is_major       boolean not null default false,
    found_on       date not null,
    handling       text not null check (handling in ('corrected_on_spot', 'ordered', 'recorded')),
    due_on         date,
    corrected_on   date check (corrected_on is null or corrected_on >= found_on),
    confirmed_in   bigint references inspections on delete set null,
    note           text,
    constraint hazard_once unique (inspection_id, item_code)
);
create index hazards_unit on hazards (unit_id, found_on desc);
comment on column hazards.is_major is '重大火灾隐患';
comment on column hazards.confirmed_in is 'the re-inspection (复查) that found it corrected';

create table orders (
    order_id       bigint generated always as identity primary key,
    order_no       text not null unique,
    inspection_id  bigint not null references inspections,
    unit_id        bigint not null references units,
    kind           text not null check (kind in ('immediate', 'time_limited')),
    served_on      date not null,
    correct_by     date not null,
    recheck_by     date not null,
    closed_on      date,
    created_by     text
);
create index orders_unit on orders (unit_id);
create index orders_open on orders (recheck_by) where closed_on is null;

create table penalties (
    penalty_id     bigint generated always as identity primary key,
    case_no        text not null unique,
    unit_id        bigint not null references units,
    inspection_id  bigint references inspections,
    decided_on     date not null,
    kind           text not null check (kind in ('warning', 'fine', 'suspension', 'seal', 'licence_revoked')),
    amount_yuan    numeric(12, 2) check (amount_yuan >= 0),
    article        text not null,
    withdrawn_on   date,
    entered_by     text,
    entered_at     timestamptz not null default now()
);
create index penalties_unit on penalties (unit_id, decided_on desc);

create table penalty_officers (
    penalty_id  bigint not null references penalties on delete cascade,
    officer_no  text not null references officers,
    primary key (penalty_id, officer_no)
);

create table complaints (
    complaint_id   bigint generated always as identity primary key,
    complaint_no   text not null unique,
    unit_id        bigint not null references units,
    received_at    timestamptz not null,
    channel        text not null,
    anonymous      boolean not null default true,
    kind           text not null,
    check_by       timestamptz not null,
    checked_at     timestamptz,
    verified       boolean,
    inspection_id  bigint references inspections,
    note           text,
    entered_by     text
);
create index complaints_unit on complaints (unit_id, received_at desc);

create table fires (
    fire_id      bigint generated always as identity primary key,
    fire_no      text not null unique,
    unit_id      bigint not null references units,
    occurred_at  timestamptz not null,
    procedure    text not null check (procedure in ('ordinary', 'simple', 'minor')),
    note         text
);
create index fires_unit on fires (unit_id, occurred_at desc);

create table credit_entries (
    entry_id     bigint generated always as identity primary key,
    unit_id      bigint not null references units,
    occurred_on  date not null,
    points       numeric(8, 2) not null,
    event_kind   text not null,
    event_ref    text not null,
    article      text not null,
    entered_at   timestamptz not null default now(),
    constraint credit_event_once unique (event_kind, event_ref)
);
create index credit_entries_unit on credit_entries (unit_id, occurred_on desc);

create table credit_listings (
    unit_id     bigint not null references units,
    list        text not null check (list in ('general', 'serious', 'red')),
    from_day    date not null,
    to_day      date,
    basis       text not null,
    primary key (unit_id, list, from_day)
);
comment on table credit_listings is '一般失信 (general), 严重失信 (serious), 守信激励 (red)';

-- scoring -----------------------------------------------------------------------------------------------------------

create table unit_days (
    unit_id            bigint not null,
    day                date not null,
    devices            integer not null,
    devices_heard      integer not null,
    readings           integer not null default 0,
    fire_alarms        integer not null default 0,
    alarms_confirmed   integer not null default 0,
    alarms_false       integer not null default 0,
    faults             integer not null default 0,
    fault_hours        double precision not null default 0,
    shielded_hours     double precision not null default 0,
    manual_hours       double precision not null default 0,
    system_off_hours   double precision not null default 0,
    offline_hours      double precision not null default 0,
    pressure_readings  integer not null default 0,
    pressure_out       integer not null default 0,
    leakage_readings   integer not null default 0,
    leakage_over       integer not null default 0,
    cable_readings     integer not null default 0,
    cable_over         integer not null default 0,
    battery_low        integer not null default 0,
    computed_at        timestamptz not null default now(),
    primary key (unit_id, day)
);
create index unit_days_day on unit_days (day);

create table score_runs (
    as_of           date primary key,
    model           text not null,
    policy_version  text not null,
    units           integer not null,
    started_at      timestamptz not null,
    computed_at     timestamptz not null default now()
);

create table scores (
    unit_id          bigint not null,
    as_of            date not null,
    score            double precision not null,
    rank             integer not null,
    risk_class       char(1) not null check (risk_class in ('A', 'B', 'C', 'D')),
    base_class       char(1) not null check (base_class in ('A', 'B', 'C', 'D')),
    contributions    jsonb not null,
    direct           text[] not null default '{}',
    primary key (unit_id, as_of)
);
create index scores_rank on scores (as_of, rank);
create index scores_class on scores (as_of, risk_class, rank);
-- Counting a day's units by class must not read the reasons that lie beside each score.
create index scores_counts on scores (as_of, unit_id) include (risk_class);
comment on column scores.risk_class is 'A low, B general, C higher, D high: internal, never in a public answer';

-- sampling ----------------------------------------------------------------------------------------------------------

create table entropy_chains (
    year      integer primary key,
    anchor    text not null,
    root      text not null,
    length    integer not null,
    created_at timestamptz not null default now()
);
comment on column entropy_chains.root is 'secret until the year has ended: only the scheduler may read it';

create table draws (
    draw_id         bigint generated always as identity primary key,
    draw_no         text not null unique,
    draw_date       date not null,
    sequence        integer not null unique,
    status          text not null check (status in ('frozen', 'drawn')),
    policy_version  text not null,
    frame           bytea not null,
    commitment      text not null,
    previous        text not null,
    frozen_at       timestamptz not null,
    entropy         jsonb,
    seed            text,
    bundle          bytea,
    record_hash     text,
    drawn_at        timestamptz,
    constraint one_draw_a_day unique (draw_date),
    constraint drawn_is_whole check ((status = 'drawn') =
        (seed is not null and bundle is not null and record_hash is not null and drawn_at is not null))
);

create table draw_units (
    draw_id        bigint not null references draws,
    unit_id        bigint not null,
    stratum        text not null,
    p_duty         double precision not null default 0,
    p_random       double precision not null default 0,
    p_targeted     double precision not null default 0,
    p_total        double precision not null check (p_total >= 0 and p_total <= 1),
    excluded       text,
    primary key (draw_id, unit_id)
);

create table draw_visits (
    draw_id       bigint not null references draws,
    position      integer not null,
    unit_id       bigint not null references units,
    stratum       text not null,
    arm           text not null check (arm in ('duty', 'random', 'targeted')),
    probability   double precision not null,
    lead_officer  text not null references officers,
    second_officer text not null references officers,
    inspection_id bigint references inspections,
    primary key (draw_id, position),
    unique (draw_id, unit_id),
    check (lead_officer <> second_officer)
);

-- scheduler ---------------------------------------------------------------------------------------------------------

create table job_runs (
    job           text not null,
    logical_date  date not null,
    status        text not null check (status in ('running', 'done', 'failed', 'skipped')),
    attempt       integer not null default 1,
    started_at    timestamptz not null,
    finished_at   timestamptz,
    runner        text not null,
    detail        jsonb not null default '{}',
    error         text,
    primary key (job, logical_date)
);
create index job_runs_recent on job_runs (started_at desc);

-- people ------------------------------------------------------------------------------------------------------------

create table accounts (
    username       text primary key check (username ~ '^[a-z0-9][a-z0-9._-]{1,31}$'),
    display_name   text not null,
    password_hash  text not null,
    role           text not null check (role in ('administrator', 'brigade', 'officer', 'town', 'vendor')),
    area_codes     text[] not null default '{}',
    vendor_code    text references vendors,
    officer_no     text references officers,
    active         boolean not null default true,
    failed_logins  integer not null default 0,
    locked_until   timestamptz,
    created_at     timestamptz not null default now()
);

create table sessions (
    token_hash  bytea primary key,
    username    text not null references accounts on delete cascade,
    created_at  timestamptz not null default now(),
    expires_at  timestamptz not null
);

create table audit_log (
    audit_id   bigint generated always as identity primary key,
    at         timestamptz not null default clock_timestamp(),
    actor      text not null,
    action     text not null,
    entity     text not null,
    entity_id  text not null,
    before     jsonb,
    after      jsonb
);
create index audit_entity on audit_log (entity, entity_id, at desc);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: add a row instead', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger audit_append_only before update or delete or truncate on audit_log
    for each statement execute function refuse_change();
create trigger credit_append_only before update or delete on credit_entries
    for each statement execute function refuse_change();

create function draw_is_final() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or old.status = 'drawn' or new.frame <> old.frame or new.commitment <> old.commitment
        or new.previous <> old.previous or new.draw_date <> old.draw_date or new.sequence <> old.sequence then
        raise exception 'draw % is final: nothing of it can be changed', old.draw_no using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger draw_final before update or delete on draws for each row execute function draw_is_final();
create trigger draws_kept before truncate on draws for each statement execute function refuse_change();
create trigger draw_units_append_only before update or delete or truncate on draw_units
    for each statement execute function refuse_change();
create trigger draw_visits_append_only before update or delete or truncate on draw_visits
    for each statement execute function refuse_change();

-- Rows come with their draw: its units in one go at the freeze, its visits before it is drawn.
create function draw_rows_are_whole() returns trigger language plpgsql as $$
declare closed text;
begin
    select d.draw_no into closed from draws d
    where d.draw_id in (select draw_id from added)
      and (d.status = 'drawn' or tg_table_name = 'draw_units' and
           (select count(*) from draw_units u where u.draw_id = d.draw_id) >
           (select count(*) from added a where a.draw_id = d.draw_id));
    if closed is not null then
        raise exception 'draw % is final: nothing can be added to it', closed using errcode = 'restrict_violation';
    end if;
    return null;
end $$;
create trigger draw_units_whole after insert on draw_units referencing new table as added
    for each statement execute function draw_rows_are_whole();
create trigger draw_visits_whole after insert on draw_visits referencing new table as added
    for each statement execute function draw_rows_are_whole();

-- time-series storage where the server offers it --------------------------------------------------------------------

do $$
begin
    if exists (select from pg_extension where extname = 'timescaledb') then
        perform create_hypertable('readings', by_range('ts', interval '7 days'), create_default_indexes => false);
        perform create_hypertable('events', by_range('ts', interval '30 days'), create_default_indexes => false);
    end if;
end $$;

-- least privilege: groups without login; an operator grants them to the login of each process -----------------------

do $$
declare name text;
begin
    foreach name in array array['huoyan_ingest', 'huoyan_scheduler', 'huoyan_api'] loop
        if not exists (select from pg_roles where rolname = name) then
            execute format('create role %I nologin', name);
        end if;
    end loop;
end $$;

-- Every process asks at its start whether the schema is the one it needs.
grant select on alembic_version to huoyan_ingest;
grant select on areas, units, vendors, devices, metrics to huoyan_ingest;
grant insert on metrics to huoyan_ingest;
grant select, insert on readings, states, events to huoyan_ingest;
grant select, insert, update on alarms, device_last, device_points, deliveries, dirty_unit_days, quarantine
    to huoyan_ingest;
grant delete on deliveries, quarantine to huoyan_ingest;

grant select on all tables in schema public to huoyan_scheduler;
revoke all on accounts, sessions from huoyan_scheduler;
grant insert, update, delete on unit_days, dirty_unit_days, scores, score_runs, entropy_chains, draws, job_runs,
    inspections, inspection_officers, alarms, device_last, device_points to huoyan_scheduler;
grant insert on draw_units, draw_visits, events, audit_log, credit_entries to huoyan_scheduler;
grant delete on readings, deliveries to huoyan_scheduler;

grant select on all tables in schema public to huoyan_api;
revoke select on entropy_chains from huoyan_api;
grant select (year, anchor, length, created_at) on entropy_chains to huoyan_api;
grant insert, update on areas, units, vendors, devices, officers, officer_leave, officer_recusals, inspection_items,
    inspections, inspection_officers, hazards, orders, penalties, penalty_officers, complaints, fires, credit_listings, alarms,
    quarantine, accounts to huoyan_api;
grant insert on credit_entries, audit_log to huoyan_api;
grant delete on officer_leave, officer_recusals, inspection_officers to huoyan_api;
grant select, insert, update, delete on sessions, dirty_unit_days to huoyan_api;
