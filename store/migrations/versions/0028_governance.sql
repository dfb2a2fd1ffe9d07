-- Who is responsible where, which areas are at risk, who may sit in a control room, what was talked over and looked
-- through, what a report says in words. Lists of a past day are computed again from rows that are only ended, never moved.

create table risk_areas (
    risk_area_no  text primary key check (length(risk_area_no) between 1 and 64),
    kind          text not null check (kind in ('high_risk', 'area_hazard')),
    area_code     text not null references areas,
    name          text not null check (length(name) between 1 and 200),
    boundary      jsonb,
    basis         text not null check (length(basis) between 1 and 400),
    from_day      date not null,
    ended_on      date check (ended_on >= from_day),
    ended_why     text check ((ended_on is null) = (ended_why is null)),
    made_by       text not null,
    made_at       timestamptz not null default now()
);
create index risk_areas_area on risk_areas (area_code, from_day desc);
comment on column risk_areas.kind is 'high_risk: 火灾高风险区域; area_hazard: 区域性隐患, checked unit by unit';
comment on column risk_areas.ended_on is 'the first day on which it is listed no more';

create table risk_area_units (
    risk_area_no  text not null references risk_areas,
    unit_id       bigint not null references units,
    primary key (risk_area_no, unit_id)
);
create index risk_area_units_unit on risk_area_units (unit_id);

create table control_room_staff (
    staff_id       bigint generated always as identity primary key,
    unit_id        bigint not null references units,
    name           text not null check (length(name) between 1 and 100),
    certificate_no text check (length(certificate_no) between 1 and 64),
    certified_on   date,
    valid_to       date check (valid_to >= certified_on),
    from_day       date not null,
    to_day         date check (to_day >= from_day),
    made_by        text not null,
    made_at        timestamptz not null default now(),
    constraint certified_whole check ((certificate_no is null) = (certified_on is null)),
    constraint certificate_of_a_day check (valid_to is null or certificate_no is not null)
);
create index control_room_staff_unit on control_room_staff (unit_id, from_day desc);
create index control_room_staff_certificate on control_room_staff (certificate_no) where certificate_no is not null;
comment on table control_room_staff is 'who is on duty in the fire control room of a unit; names are internal';

create table certificate_checks (
    check_id       bigint generated always as identity primary key,
    list_no        text check (length(list_no) between 1 and 64),
    unit_id        bigint not null references units,
    certificate_no text not null check (length(certificate_no) between 1 and 64),
    checked_on     date not null,
    outcome        text not null check (outcome in ('valid', 'expired', 'false', 'lent')),
    note           text check (length(note) <= 4000),
    made_by        text not null,
    made_at        timestamptz not null default now(),
    constraint certificate_checked_once_a_day unique (certificate_no, checked_on)
);
create index certificate_checks_list on certificate_checks (list_no, check_id desc);
create index certificate_checks_unit on certificate_checks (unit_id, checked_on desc);
comment on column certificate_checks.list_no is 'the campaign in which it was checked';

create table responsibilities (
    responsibility_id bigint generated always as identity primary key,
    area_code    text not null references areas,
    unit_kind    text check (length(unit_kind) between 1 and 64),
    is_key       boolean,
    body         text not null check (body in ('brigade', 'town', 'police_station', 'department')),
    department   text check (length(department) between 1 and 200),
    from_day     date not null,
    to_day       date check (to_day >= from_day),
    basis        text not null check (length(basis) between 1 and 400),
    made_by      text not null,
    made_at      timestamptz not null default now(),
    constraint named_department check ((body = 'department') = (department is not null))
);
create index responsibilities_area on responsibilities (area_code, from_day desc);
comment on table responsibilities is 'which body answers for which units of an area and all beneath it; null is every kind, key or not';
create index units_answered_for on units (area_code, kind, is_key) where status = 'active';

create table coordination_members (
    member_id    bigint generated always as identity primary key,
    area_code    text not null references areas,
    office       text not null check (office ~ '^[a-z_]{1,32}$'),
    name         text not null check (length(name) between 1 and 100),
    post         text not null check (length(post) between 1 and 100),
    from_day     date not null,
    to_day       date check (to_day >= from_day),
    made_by      text not null,
    made_at      timestamptz not null default now()
);
create index coordination_members_area on coordination_members (area_code, from_day desc);

create table interviews (
    interview_id   bigint generated always as identity primary key,
    interview_no   text not null unique check (length(interview_no) between 1 and 64),
    unit_id        bigint not null references units,
    area_code      text not null references areas,
    held_at        timestamptz not null,
    person         text not null check (length(person) between 1 and 100),
    role           text not null check (role in ('responsible', 'manager')),
    officers       text[] not null check (cardinality(officers) >= 1),
    topic          text not null check (length(topic) between 1 and 1000),
    minutes_uri    text not null check (length(minutes_uri) between 1 and 1000),
    minutes_sha256 text not null check (minutes_sha256 ~ '^[0-9a-f]{64}$'),
    promised       text check (length(promised) <= 1000),
    made_by        text not null,
    made_at        timestamptz not null default now(),
    constraint interviewed_once unique (unit_id, held_at, person)
);
create index interviews_area on interviews (area_code, interview_id desc);
create index interviews_unit on interviews (unit_id, interview_id desc);
create index interviews_held on interviews (held_at);
comment on table interviews is 'append-only: 约谈 of who answers for a unit or manages its fire safety, with minutes';

create table inspection_checklists (
    inspection_id  bigint not null references inspections on delete cascade,
    checklist      text not null check (checklist ~ '^[a-z_]{1,32}$'),
    version        date not null,
    answers        jsonb not null,
    failed         text[] not null,
    made_by        text not null,
    made_at        timestamptz not null default now(),
    primary key (inspection_id, checklist)
);
create index inspection_checklists_made on inspection_checklists (checklist, inspection_id desc);
comment on column inspection_checklists.version is 'valid_from of the list in policy by which it was filled in';

create table report_texts (
    text_id      bigint generated always as identity primary key,
    kind         text not null check (kind in ('yearly', 'quarterly', 'monthly')),
    period       text not null check (length(period) between 4 and 10),
    area_code    text references areas,
    section      text not null check (section in ('problems', 'plan')),
    body         text not null check (length(body) between 1 and 2000),
    figures      text[] not null,
    made_by      text not null,
    made_at      timestamptz not null default now(),
    withdrawn_at timestamptz
);
create index report_texts_of on report_texts (kind, period, text_id);
comment on column report_texts.figures is 'the figures of the report on which a sentence rests';

create table review_tasks (
    month        date not null,
    case_no      text not null references cases (case_no),
    reviewer     text references officers,
    opened_at    timestamptz not null,
    primary key (month, case_no)
);
create index review_tasks_case on review_tasks (case_no);
comment on table review_tasks is 'cases drawn for review (案卷抽查) that wait to be read, each with its reviewer';
comment on column review_tasks.reviewer is 'drawn by the seed of the sample among those who did not handle the case';

create trigger interviews_kept before update or delete or truncate on interviews
    for each statement execute function refuse_change();
create trigger certificate_checks_kept before update or delete or truncate on certificate_checks
    for each statement execute function refuse_change();

grant select on risk_areas, risk_area_units, control_room_staff, certificate_checks, responsibilities,
    coordination_members, interviews, inspection_checklists, report_texts, review_tasks to huoyan_scheduler, huoyan_api;
grant insert on review_tasks to huoyan_scheduler;
grant insert on risk_areas, risk_area_units, control_room_staff, certificate_checks, responsibilities,
    coordination_members, interviews, inspection_checklists, report_texts to huoyan_api;
grant update (ended_on, ended_why) on risk_areas to huoyan_api;
grant update (to_day) on control_room_staff, responsibilities, coordination_members to huoyan_api;
grant update (withdrawn_at) on report_texts to huoyan_api;
