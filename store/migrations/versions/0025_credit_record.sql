-- Credit beyond the ledger. Notices before a listing, objections and repairs are matters: a head that keeps only where it
-- stands, and steps that are never changed. What is public, from when until when, is one table.

create table credit_matters (
    matter_id  bigint generated always as identity primary key,
    matter_no  text not null unique check (length(matter_no) between 1 and 64),
    noun       text not null check (noun in ('notice', 'objection', 'repair')),
    unit_id    bigint not null references units,
    area_code  text not null references areas,
    target     text not null check (target in ('general', 'serious', 'penalty', 'listing', 'entry')),
    ref        text not null check (length(ref) between 1 and 100),
    details    jsonb not null default '{}',
    began_at   timestamptz not null,
    standing   text not null,
    closed_on  date,
    entered_by text not null,
    entered_at timestamptz not null default now()
);
create index credit_matters_area on credit_matters (noun, area_code, standing, matter_id desc);
create index credit_matters_unit on credit_matters (unit_id, noun, matter_id desc);
create index credit_matters_number on credit_matters (matter_no text_pattern_ops);
comment on column credit_matters.ref is 'what it is about: a case, a listing, an entry of the ledger, the ground of a notice';

create table credit_steps (
    step_id    bigint generated always as identity primary key,
    matter_id  bigint not null references credit_matters,
    step       text not null check (step ~ '^[a-z_]{1,40}$'),
    at         timestamptz not null,
    note       text check (length(note) <= 4000),
    details    jsonb not null default '{}',
    entered_by text not null,
    entered_at timestamptz not null default now()
);
create index credit_steps_of on credit_steps (matter_id, step_id);
create trigger credit_steps_append_only before update or delete or truncate on credit_steps
    for each statement execute function refuse_change();
comment on table credit_steps is 'append-only: what a notice, an objection or a repair went through';

-- Listings from before, and those of a history, came without a notice of ours: they are marked as brought in.
alter table credit_listings
    add column listing_id bigint generated always as identity unique,
    add column notice_no text references credit_matters (matter_no),
    add column brought_in boolean not null default true,
    add column decided_on date,
    add column ended_why text,
    add column entered_by text,
    add column entered_at timestamptz not null default now(),
    add constraint listed_after_notice check (brought_in or list = 'red' or notice_no is not null);
create index credit_listings_open on credit_listings (list, listing_id desc) where to_day is null;

create table listing_measures (
    measure_id bigint generated always as identity primary key,
    listing_id bigint not null references credit_listings (listing_id),
    kind       text not null check (kind in ('punishment', 'benefit')),
    field      text not null,
    measure    text not null check (length(measure) between 1 and 1000),
    basis      text not null check (length(basis) between 1 and 200),
    constraint measure_once unique (listing_id, field, measure)
);
comment on column listing_measures.basis is 'the law that allows it: there is no measure without one';

create table credit_publicity (
    publicity_id bigint generated always as identity primary key,
    kind        text not null check (kind in ('penalty', 'general', 'serious', 'red')),
    ref         text not null check (length(ref) between 1 and 100),
    unit_id     bigint not null references units,
    area_code   text not null references areas,
    party_name  text not null,
    what        text not null,
    basis       text not null,
    decided_on  date not null,
    earliest_on date,
    until_on    date,
    ended_on    date,
    ended_why   text check ((ended_on is null) = (ended_why is null)),
    constraint public_once unique (kind, ref),
    constraint publicity_in_order check (until_on is null or until_on >= decided_on)
);
create index credit_publicity_shown on credit_publicity (kind, publicity_id desc) where ended_on is null;
create index credit_publicity_ending on credit_publicity (until_on) where ended_on is null and until_on is not null;
create index credit_publicity_unit on credit_publicity (unit_id, publicity_id desc);
create index credit_publicity_decided on credit_publicity (kind, decided_on);
comment on column credit_publicity.earliest_on is 'the first day on which an early end may be asked for';
comment on column credit_publicity.until_on is 'the last day: after it the publicity ends by itself';

create table credit_evaluations (
    unit_id   bigint not null references units,
    year      integer not null check (year between 2000 and 2200),
    as_of     date not null,
    inputs    jsonb not null,
    grade     text not null,
    measures  text not null,
    policy_version text not null,
    made_at   timestamptz not null default now(),
    primary key (year, unit_id)
);
create index credit_evaluations_grade on credit_evaluations (year, grade, unit_id);
create index credit_evaluations_unit on credit_evaluations (unit_id, year desc);
create trigger credit_evaluations_append_only before update or delete or truncate on credit_evaluations
    for each statement execute function refuse_change();

create table foreign_credit (
    foreign_id  bigint generated always as identity primary key,
    unit_id     bigint not null references units,
    source_body text not null check (length(source_body) between 1 and 200),
    source_ref  text not null check (length(source_ref) between 1 and 100),
    memorandum  text check (length(memorandum) between 1 and 200),
    bearing     text not null check (bearing in ('good', 'discredit', 'neutral')),
    occurred_on date not null,
    content     text not null check (length(content) between 1 and 4000),
    received_on date not null,
    entered_by  text not null,
    entered_at  timestamptz not null default now(),
    constraint foreign_once unique (source_body, source_ref)
);
create index foreign_credit_unit on foreign_credit (unit_id, occurred_on desc);
comment on table foreign_credit is 'what other bodies told of a unit (互信互认), always with its source; it posts no points';

create table credit_promises (
    promise_id  bigint generated always as identity primary key,
    promise_no  text not null unique check (length(promise_no) between 1 and 64),
    unit_id     bigint not null references units,
    area_code   text not null references areas,
    party_name  text not null,
    kind        text not null,
    promised_on date not null,
    content     text not null check (length(content) between 1 and 4000),
    published   boolean not null,
    broken_on   date check (broken_on >= promised_on),
    broken_why  text,
    entered_by  text not null,
    entered_at  timestamptz not null default now()
);
create index credit_promises_shown on credit_promises (promise_id desc) where published;
create index credit_promises_unit on credit_promises (unit_id, promise_id desc);

create table permits (
    permit_id   bigint generated always as identity primary key,
    permit_no   text not null unique check (length(permit_no) between 1 and 64),
    unit_id     bigint not null references units,
    area_code   text not null references areas,
    kind        text not null,
    decided_on  date not null,
    valid_from  date not null,
    valid_to    date check (valid_to >= valid_from),
    withdrawn_on date,
    content     text not null check (length(content) between 1 and 1000),
    entered_by  text not null,
    entered_at  timestamptz not null default now()
);
create index permits_decided on permits (decided_on, permit_id);
create index permits_unit on permits (unit_id, permit_id desc);
create index penalties_decided on penalties (decided_on, penalty_id);

-- What goes to the credit platform, one row a record, with the facts by which it is held back or not.
create view exported_penalties as
select p.penalty_id as row_id, p.decided_on as day, u.area_code, p.kind, coalesce(c.procedure, 'ordinary') as procedure,
       coalesce(c.party, 'organisation') as party, p.withdrawn_on is not null as withdrawn, u.uscc is null as no_code,
       s.ended_on is not null and s.ended_why <> 'withdrawn' as publicity_ended,
       u.name, u.uscc, p.case_no as number, p.article, c.facts, p.amount_yuan, s.until_on,
       case a.level when 'town' then d.name_zh else a.name_zh end as body
from penalties p join units u using (unit_id) join areas a on a.area_code = u.area_code
left join areas d on d.area_code = a.parent_code
left join cases c on c.case_no = regexp_replace(p.case_no, '(-[0-9]{4})-[0-9]+$', '\1')
left join credit_publicity s on s.kind = 'penalty' and s.ref = coalesce(c.case_no, p.case_no)
where p.kind <> 'seal';

create view exported_inspections as
select i.inspection_id as row_id, i.inspected_on as day, u.area_code, i.kind, 'ordinary' as procedure,
       'organisation' as party, false as withdrawn, u.uscc is null as no_code, false as publicity_ended,
       u.name, u.uscc, i.inspection_no as number, i.result,
       case a.level when 'town' then d.name_zh else a.name_zh end as body
from inspections i join units u using (unit_id) join areas a on a.area_code = u.area_code
left join areas d on d.area_code = a.parent_code
where i.status = 'done';

create view exported_permits as
select p.permit_id as row_id, p.decided_on as day, u.area_code, p.kind, 'ordinary' as procedure,
       'organisation' as party, p.withdrawn_on is not null as withdrawn, u.uscc is null as no_code,
       false as publicity_ended, u.name, u.uscc, p.permit_no as number, p.content, p.valid_from, p.valid_to,
       case a.level when 'town' then d.name_zh else a.name_zh end as body
from permits p join units u using (unit_id) join areas a on a.area_code = u.area_code
left join areas d on d.area_code = a.parent_code;

-- Seals from before measures were kept stand among the penalties alone.
create view exported_coercion as
select m.measure_id as row_id, m.began_on as day, u.area_code, m.kind, 'ordinary' as procedure,
       'organisation' as party, coalesce(p.withdrawn_on is not null, false) as withdrawn, u.uscc is null as no_code,
       false as publicity_ended, u.name, u.uscc, m.measure_no as number, m.ground, m.until_on, m.ended_on,
       case a.level when 'town' then d.name_zh else a.name_zh end as body
from measures m join units u using (unit_id) join areas a on a.area_code = u.area_code
left join areas d on d.area_code = a.parent_code
left join penalties p on p.case_no = m.measure_no
union all
select -p.penalty_id, p.decided_on, u.area_code, p.kind, 'ordinary', 'organisation', p.withdrawn_on is not null,
       u.uscc is null, false, u.name, u.uscc, p.case_no, p.article, null, null,
       case a.level when 'town' then d.name_zh else a.name_zh end
from penalties p join units u using (unit_id) join areas a on a.area_code = u.area_code
left join areas d on d.area_code = a.parent_code
where p.kind = 'seal' and not exists (select from measures m where m.measure_no = p.case_no);
create index measures_began on measures (began_on);

grant select on exported_penalties, exported_inspections, exported_permits, exported_coercion to huoyan_api;

grant select on credit_matters, credit_steps, listing_measures, credit_publicity, credit_evaluations, foreign_credit,
    credit_promises, permits to huoyan_scheduler, huoyan_api;
grant insert on credit_matters, credit_steps, listing_measures, credit_publicity, credit_evaluations, foreign_credit,
    credit_promises, permits to huoyan_api;
grant update (standing, closed_on) on credit_matters to huoyan_api;
grant update (what, earliest_on, ended_on, ended_why) on credit_publicity to huoyan_api;
grant update (broken_on, broken_why) on credit_promises to huoyan_api;
grant update (withdrawn_on) on permits to huoyan_api;
-- The night opens what was brought in, ends what has run its time, and takes the yearly snapshot.
grant insert on credit_publicity, credit_evaluations to huoyan_scheduler;
grant update (what, earliest_on, ended_on, ended_why) on credit_publicity to huoyan_scheduler;
grant update (to_day, ended_why) on credit_listings to huoyan_scheduler;
