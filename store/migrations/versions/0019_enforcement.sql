-- The way to a decision. `penalties` stays the table of decisions; here is what led to them. What a case, a measure or a
-- major hazard went through are rows of enforcement_steps, which are never changed; the head keeps only where it stands.

create table cases (
    case_id       bigint generated always as identity primary key,
    case_no       text not null unique check (length(case_no) between 1 and 64),
    unit_id       bigint not null references units,
    area_code     text not null references areas,
    inspection_id bigint references inspections,
    party         text not null check (party in ('organisation', 'citizen')),
    regime        text not null check (regime in ('own', 'delegated', 'empowered')),
    procedure     text not null check (procedure in ('simple', 'ordinary')),
    article       text not null check (length(article) between 1 and 200),
    facts         text not null check (length(facts) between 1 and 4000),
    items         text[] not null default '{}',
    officers      text[] not null check (cardinality(officers) >= 1),
    offence_on    date not null,
    life_safety   boolean not null,
    filed_at      timestamptz not null,
    filed_on      date not null,
    standing      text not null default 'open'
                  check (standing in ('open', 'decided', 'closed', 'archived', 'dropped', 'transferred')),
    decided_on    date,
    closed_on     date,
    entered_by    text not null,
    entered_at    timestamptz not null default now()
);
create index cases_area on cases (area_code, standing, case_id desc);
create index cases_number on cases (case_no text_pattern_ops);
create index cases_unit on cases (unit_id, case_id desc);
create index cases_inspection on cases (inspection_id) where inspection_id is not null;
create index cases_filed on cases (filed_on);
comment on column cases.area_code is 'of the unit on the day of filing: a case stays with who filed it';
comment on column cases.regime is 'own power, delegated (委托) or empowered (赋权), as valid on the day of filing';
comment on column cases.items is 'items of the catalogue of inspections that the case is about';

create table measures (
    measure_id    bigint generated always as identity primary key,
    measure_no    text not null unique check (length(measure_no) between 1 and 64),
    kind          text not null check (kind in ('seal', 'suspension', 'forced_execution')),
    unit_id       bigint not null references units,
    area_code     text not null references areas,
    inspection_id bigint references inspections,
    case_id       bigint references cases,
    again_of      bigint references measures,
    path          text not null check (path in ('ordinary', 'emergency')),
    ground        text not null,
    scope         text not null check (length(scope) between 1 and 1000),
    officers      text[] not null check (cardinality(officers) >= 1),
    began_at      timestamptz not null,
    began_on      date not null,
    until_on      date check (until_on >= began_on),
    standing      text not null default 'standing' check (standing in ('standing', 'lifted', 'expired', 'done')),
    ended_on      date,
    entered_by    text not null,
    entered_at    timestamptz not null default now(),
    constraint a_seal_ends check (kind <> 'seal' or until_on is not null)
);
create index measures_area on measures (area_code, standing, measure_id desc);
create index measures_number on measures (measure_no text_pattern_ops);
create index measures_unit on measures (unit_id, measure_id desc);
create index measures_ending on measures (until_on) where standing = 'standing' and until_on is not null;

create table major_hazards (
    major_hazard_id bigint generated always as identity primary key,
    major_hazard_no text not null unique check (length(major_hazard_no) between 1 and 64),
    unit_id       bigint not null references units,
    area_code     text not null references areas,
    inspection_id bigint references inspections,
    way           text not null check (way in ('direct', 'combined')),
    elements      text[] not null check (cardinality(elements) >= 1),
    officers      text[] not null check (cardinality(officers) >= 1),
    found_at      timestamptz not null,
    found_on      date not null,
    standing      text not null default 'found'
                  check (standing in ('found', 'determined', 'listed', 'accepted', 'not_major')),
    level         text check (level in ('province', 'city', 'county')),
    ended_on      date,
    entered_by    text not null,
    entered_at    timestamptz not null default now()
);
create index major_hazards_area on major_hazards (area_code, standing, major_hazard_id desc);
create index major_hazards_number on major_hazards (major_hazard_no text_pattern_ops);
create index major_hazards_unit on major_hazards (unit_id, major_hazard_id desc);
comment on column major_hazards.level is 'of listed supervision (挂牌督办)';

create table enforcement_steps (
    step_id    bigint generated always as identity primary key,
    noun       text not null check (noun in ('case', 'measure', 'major_hazard')),
    ref        text not null check (length(ref) between 1 and 64),
    step       text not null check (step ~ '^[a-z_]{1,40}$'),
    at         timestamptz not null,
    officers   text[] not null default '{}',
    note       text check (length(note) <= 4000),
    details    jsonb not null default '{}',
    entered_by text not null,
    entered_at timestamptz not null default now()
);
create index enforcement_steps_of on enforcement_steps (noun, ref, step_id);
create index enforcement_steps_done on enforcement_steps (noun, step, at);
comment on table enforcement_steps is 'append-only: what a case, a measure or a major hazard went through';

create table step_evidence (
    evidence_id bigint generated always as identity primary key,
    step_id     bigint not null references enforcement_steps,
    kind        text not null check (kind in ('video', 'audio', 'photo', 'document')),
    uri         text not null check (length(uri) between 1 and 1000),
    sha256      text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    seconds     integer check (seconds between 1 and 864000),
    entered_by  text not null,
    entered_at  timestamptz not null default now(),
    constraint evidence_once unique (step_id, sha256),
    constraint a_film_lasts check (kind not in ('video', 'audio') or seconds is not null)
);
comment on table step_evidence is 'append-only: where a recording or document lies, its digest and how long it runs';

create table collective_decisions (
    collective_id  bigint generated always as identity primary key,
    noun           text not null check (noun in ('case', 'measure', 'major_hazard', 'fire_review')),
    ref            text not null check (length(ref) between 1 and 64),
    trigger        text not null,
    held_at        timestamptz not null,
    members        text[] not null check (cardinality(members) >= 1),
    agreed         boolean not null,
    minutes_uri    text not null check (length(minutes_uri) between 1 and 1000),
    minutes_sha256 text not null check (minutes_sha256 ~ '^[0-9a-f]{64}$'),
    filing_receipt text check (length(filing_receipt) <= 200),
    entered_by     text not null,
    entered_at     timestamptz not null default now()
);
create index collective_decisions_of on collective_decisions (noun, ref, collective_id);
comment on table collective_decisions is 'append-only: what was decided by a meeting (集体议案), with its minutes';

create table self_checks (
    self_check_id bigint generated always as identity primary key,
    unit_id       bigint not null references units,
    item_code     text not null check (length(item_code) between 1 and 64),
    found_on      date not null,
    reported_at   timestamptz not null,
    corrected_on  date check (corrected_on >= found_on),
    evidence      jsonb not null default '[]',
    note          text check (length(note) <= 4000),
    entered_by    text not null,
    entered_at    timestamptz not null default now()
);
create index self_checks_unit on self_checks (unit_id, item_code, self_check_id desc);
comment on table self_checks is 'hazards that a unit found and reported itself (自查自除): they speak for leniency';

create table soft_measures (
    soft_measure_id bigint generated always as identity primary key,
    unit_id       bigint not null references units,
    area_code     text not null references areas,
    inspection_id bigint references inspections,
    kind          text not null,
    taken_on      date not null,
    officers      text[] not null,
    note          text check (length(note) <= 4000),
    entered_by    text not null,
    entered_at    timestamptz not null default now(),
    constraint soft_measure_once unique (unit_id, kind, taken_on, officers)
);
create index soft_measures_area on soft_measures (area_code, soft_measure_id desc);
create index soft_measures_unit on soft_measures (unit_id, soft_measure_id desc);
create index soft_measures_day on soft_measures (taken_on, kind);
comment on table soft_measures is 'persuasion, guidance, admonition (柔性执法): measures that are no penalties, counted apart';

create table fire_reviews (
    fire_review_id bigint generated always as identity primary key,
    review_no     text not null unique check (length(review_no) between 1 and 64),
    fire_no       text not null references fires (fire_no),
    asked_on      date not null,
    decided_on    date not null check (decided_on >= asked_on),
    outcome       text not null check (outcome in ('upheld', 'changed', 'sent_back')),
    note          text check (length(note) <= 4000),
    entered_by    text not null,
    entered_at    timestamptz not null default now()
);
create index fire_reviews_fire on fire_reviews (fire_no);
comment on table fire_reviews is 're-examinations of how a fire was determined (火灾认定复核), each with minutes';

create trigger enforcement_steps_append_only before update or delete or truncate on enforcement_steps
    for each statement execute function refuse_change();
create trigger step_evidence_append_only before update or delete or truncate on step_evidence
    for each statement execute function refuse_change();
create trigger collective_decisions_append_only before update or delete or truncate on collective_decisions
    for each statement execute function refuse_change();
create trigger soft_measures_append_only before update or delete or truncate on soft_measures
    for each statement execute function refuse_change();
create trigger fire_reviews_append_only before update or delete or truncate on fire_reviews
    for each statement execute function refuse_change();

grant select on cases, measures, major_hazards, enforcement_steps, step_evidence, collective_decisions, self_checks,
    soft_measures, fire_reviews to huoyan_scheduler, huoyan_api;
grant insert on cases, measures, major_hazards, enforcement_steps, step_evidence, collective_decisions, self_checks,
    soft_measures, fire_reviews to huoyan_api;
-- Only where it stands ever changes; the night ends a seal whose days have run out.
grant update (standing, decided_on, closed_on) on cases to huoyan_api;
grant update (standing, until_on, ended_on) on measures to huoyan_api, huoyan_scheduler;
grant update (standing, level, ended_on) on major_hazards to huoyan_api;
grant update (corrected_on) on self_checks to huoyan_api;
grant insert on enforcement_steps to huoyan_scheduler;
