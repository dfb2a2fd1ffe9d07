-- List draws: draws whose objects are a list. They stand in the same chain of records as the daily ones.

alter table draws
    add column kind text not null default 'daily' check (kind ~ '^[a-z][a-z_]{0,31}$'),
    add column title text check (length(title) between 1 and 200),
    add column of_draw bigint references draws,
    drop constraint one_draw_a_day;
-- A daily draw stays the only one of its date; list draws are several a day.
create unique index one_daily_draw on draws (draw_date) where kind = 'daily';
create index draws_day on draws (draw_date);
comment on column draws.kind is 'daily, or what kind of list was drawn from: replacement, campaign, joint ...';
comment on column draws.of_draw is 'the draw whose visit a replacement stands for';

create or replace function draw_is_final() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or old.status = 'drawn' or new.frame <> old.frame or new.commitment <> old.commitment
        or new.previous <> old.previous or new.draw_date <> old.draw_date or new.sequence <> old.sequence
        or new.draw_no <> old.draw_no or new.kind <> old.kind or new.of_draw is distinct from old.of_draw
        or new.title is distinct from old.title then
        raise exception 'draw % is final: nothing of it can be changed', old.draw_no using errcode = 'restrict_violation';
    end if;
    return new;
end $$;

alter table entropy_chains add column per_day integer not null default 1 check (per_day between 1 and 100);
comment on column entropy_chains.per_day is 'links that each day of the year has: the first for the daily draw, the others for lists';

-- What was asked for: a campaign (专项检查) or a joint draw (部门联合), with its list. Its draws are rows of draws.
create table draw_lists (
    list_id      bigint generated always as identity primary key,
    list_no      text not null unique check (length(list_no) between 1 and 64),
    kind         text not null check (kind ~ '^[a-z][a-z_]{0,31}$'),
    title        text not null check (length(title) between 1 and 200),
    theme        text not null check (length(theme) between 1 and 64),
    area_codes   text[],
    selection    jsonb not null,
    visits       integer check (visits > 0),
    first_day    date not null,
    last_day     date not null check (last_day >= first_day),
    drawn_by     text not null check (drawn_by in ('chance', 'weight')),
    departments  text[] not null default '{}',
    made_by      text not null,
    made_at      timestamptz not null
);
create index draw_lists_newest on draw_lists (kind, list_id desc);
comment on table draw_lists is 'append-only: another list is another row';
comment on column draw_lists.area_codes is 'the areas of who made it, null for all: its objects lie in them';
comment on column draw_lists.selection is 'the saved query in structured form, or the items of a joint plan; never SQL';
comment on column draw_lists.visits is 'how many are drawn; null: all';

alter table draws add column list_id bigint references draw_lists;

create table list_visits (
    draw_id       bigint not null references draws,
    position      integer not null check (position > 0),
    object_no     text not null,
    name          text not null,
    unit_id       bigint references units,
    planned_on    date not null,
    probability   double precision not null check (probability > 0 and probability <= 1),
    stands_for    text,
    replaces      bigint references inspections,
    inspection_id bigint references inspections,
    primary key (draw_id, position),
    unique (draw_id, object_no)
);
create index list_visits_inspection on list_visits (inspection_id);
create index list_visits_replaces on list_visits (replaces) where replaces is not null;
comment on column list_visits.replaces is 'the visit that this one stands in for, cancelled with the reason of the draw';

create table list_teams (
    draw_id     bigint not null,
    position    integer not null,
    department  text not null,
    lead        text not null,
    second      text not null,
    primary key (draw_id, position, department),
    foreign key (draw_id, position) references list_visits,
    check (lead <> second)
);

create trigger draw_lists_append_only before update or delete or truncate on draw_lists
    for each statement execute function refuse_change();
create trigger list_visits_append_only before update or delete or truncate on list_visits
    for each statement execute function refuse_change();
create trigger list_teams_append_only before update or delete or truncate on list_teams
    for each statement execute function refuse_change();

create function list_rows_are_whole() returns trigger language plpgsql as $$
declare closed text;
begin
    select d.draw_no into closed from draws d where d.draw_id in (select draw_id from added) and d.status = 'drawn';
    if closed is not null then
        raise exception 'draw % is final: nothing can be added to it', closed using errcode = 'restrict_violation';
    end if;
    return null;
end $$;
create trigger list_visits_whole after insert on list_visits referencing new table as added
    for each statement execute function list_rows_are_whole();
create trigger list_teams_whole after insert on list_teams referencing new table as added
    for each statement execute function list_rows_are_whole();

-- Other departments of a joint draw, with their directories of objects and officers.
create table joint_departments (
    department  text primary key check (department ~ '^[a-z][a-z0-9_]{0,31}$'),
    name_zh     text not null check (length(name_zh) between 1 and 100),
    name_en     text
);
create table joint_officers (
    department    text not null references joint_departments,
    officer_no    text not null check (length(officer_no) between 1 and 32),
    name          text not null,
    certificate_to date,
    can_lead      boolean not null default true,
    area_codes    text[] not null default '{}',
    daily_visits  integer not null default 2 check (daily_visits between 0 and 20),
    active        boolean not null default true,
    primary key (department, officer_no)
);
create table joint_objects (
    department   text not null references joint_departments,
    object_no    text not null check (length(object_no) between 1 and 64),
    name         text not null,
    uscc         text check (length(uscc) = 18),
    unit_no      text,
    area_code    text references areas,
    address      text,
    item         text,
    risk_class   text check (risk_class in ('A', 'B', 'C', 'D')),
    active       boolean not null default true,
    primary key (department, object_no)
);
create table joint_plan (
    plan_year    integer not null check (plan_year between 2000 and 2200),
    item         text not null check (length(item) between 1 and 100),
    launching    text not null references joint_departments,
    taking_part  text[] not null check (cardinality(taking_part) > 0),
    share        double precision check (share > 0 and share <= 1),
    visits       integer check (visits > 0),
    primary key (plan_year, item, launching),
    constraint joint_plan_says_how_many check ((share is null) <> (visits is null))
);
insert into joint_departments values ('fire', '消防救援机构', 'fire and rescue');

-- The link that a list draw opens. Who may not read the root gets the link of a frame that is committed to, of the
-- frame's own day, and no other.
create function list_link(asked bigint) returns text language plpgsql stable security definer
    set search_path = pg_catalog, public as $$
declare
    source jsonb;
    chain entropy_chains;
    held draws;
    step bytea;
begin
    select * into held from draws where draw_id = asked and status = 'frozen' and kind <> 'daily';
    if not found then
        return null;
    end if;
    select one into source from jsonb_array_elements(convert_from(held.frame, 'UTF8')::jsonb -> 'entropy') one
    where one ->> 'source' = 'chain';
    select * into chain from entropy_chains where year = extract(year from held.draw_date)::int
        and anchor = source ->> 'anchor';
    if not found or (source ->> 'index')::int / chain.per_day <> extract(doy from held.draw_date)::int
        or (source ->> 'index')::int % chain.per_day = 0 then
        return null;
    end if;
    step := decode(chain.root, 'hex');
    for n in 1 .. chain.length - (source ->> 'index')::int loop
        step := sha256(step);
    end loop;
    return encode(step, 'hex');
end $$;

-- Pages and commands freeze and draw lists, and never touch a daily draw.
create function freeze_list(number text, on_day date, of_kind text, named text, place integer, version text,
                            content bytea, digest text, before text, at timestamptz, of_what bigint, of_list bigint)
    returns bigint language sql security definer set search_path = pg_catalog, public as $$
    insert into draws (draw_no, draw_date, kind, title, sequence, status, policy_version, frame, commitment, previous,
                       frozen_at, of_draw, list_id)
    select number, on_day, of_kind, named, place, 'frozen', version, content, digest, before, at, of_what, of_list
    where of_kind <> 'daily'
    returning draw_id
$$;
create function finish_list(asked bigint, sources jsonb, seeded text, content bytea, hashed text, at timestamptz)
    returns bigint language sql security definer set search_path = pg_catalog, public as $$
    update draws set status = 'drawn', entropy = sources, seed = seeded, bundle = content, record_hash = hashed,
        drawn_at = at
    where draw_id = asked and kind <> 'daily'
    returning draw_id
$$;
revoke all on function list_link(bigint),
    freeze_list(text, date, text, text, integer, text, bytea, text, text, timestamptz, bigint, bigint),
    finish_list(bigint, jsonb, text, bytea, text, timestamptz) from public;
grant execute on function list_link(bigint),
    freeze_list(text, date, text, text, integer, text, bytea, text, text, timestamptz, bigint, bigint),
    finish_list(bigint, jsonb, text, bytea, text, timestamptz) to huoyan_scheduler, huoyan_api;

grant select (per_day) on entropy_chains to huoyan_api;
grant select on draw_lists, list_visits, list_teams, joint_departments, joint_officers, joint_objects, joint_plan
    to huoyan_scheduler, huoyan_api;
grant insert on draw_lists, list_visits, list_teams to huoyan_api;
grant insert on list_visits, list_teams to huoyan_scheduler;
grant insert, update on joint_departments, joint_officers, joint_objects, joint_plan to huoyan_api;
