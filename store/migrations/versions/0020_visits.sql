-- What the record of a visit has beside its times, officers and hazards.
alter table inspections
    add column trigger_code text check (trigger_code ~ '^[a-z_]{1,32}$'),
    add column time_class text check (time_class in ('working', 'off_hours', 'midnight', 'holiday'));
comment on column inspections.trigger_code is 'what set the visit off; where null, what policy says of its kind';
comment on column inspections.time_class is 'from the start time by the hours of policy; null where no time is on record';

create table inspection_sheets (
    inspection_id      bigint primary key references inspections on delete cascade,
    responsible_person text,
    responsible_phone  text,
    manager            text,
    manager_phone      text,
    accompanied_by     text,
    floor_area_m2      double precision check (floor_area_m2 >= 0),
    storeys            integer check (storeys >= 0),
    storeys_below      integer check (storeys_below >= 0),
    height_m           double precision check (height_m >= 0),
    signed_by          text,
    oral_order         text,
    items_from         date
);
comment on table inspection_sheets is '消防监督检查记录: the facts of the form; names and numbers of persons are internal';
comment on column inspection_sheets.items_from is 'the version of the list of items that the visit went by';

alter table hazards
    add column item_from date,
    add column oral boolean not null default false;
comment on column hazards.item_from is 'the version of the item: inspection_items.valid_from';
comment on column hazards.oral is 'ordered orally, since trivial and corrected on the spot';

create table inspection_answers (
    inspection_id  bigint not null references inspections on delete cascade,
    item_code      text not null,
    item_from      date not null,
    answer         text not null check (answer in ('fits', 'not_applicable', 'not_checked')),
    note           text,
    primary key (inspection_id, item_code)
);
comment on table inspection_answers is 'items that were looked at and gave no hazard; those that did are in hazards';

create table hazard_rechecks (
    inspection_id  bigint not null references inspections on delete cascade,
    hazard_id      bigint not null references hazards on delete cascade,
    corrected      boolean not null,
    note           text,
    primary key (inspection_id, hazard_id)
);
create index hazard_rechecks_hazard on hazard_rechecks (hazard_id);
comment on table hazard_rechecks is 'what a later visit found of an earlier hazard: the new answer beside the old';

create table inspection_evidence (
    evidence_id    bigint generated always as identity primary key,
    inspection_id  bigint not null references inspections on delete cascade,
    hazard_id      bigint references hazards on delete cascade,
    kind           text not null,
    uri            text not null check (length(uri) between 1 and 1000),
    sha256         text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    seconds        double precision check (seconds > 0),
    note           text
);
create index inspection_evidence_of on inspection_evidence (inspection_id);
create index inspection_evidence_hazard on inspection_evidence (hazard_id) where hazard_id is not null;
comment on column inspection_evidence.hazard_id is 'null: of the visit as a whole';

alter table orders add column asked_on date;
comment on column orders.asked_on is 'when the unit said that it was done and asked for the re-inspection';
create index orders_inspection on orders (inspection_id);

-- Checks that somebody asks for or gives notice of, each with periods of its own.
create table visit_requests (
    request_no     text primary key check (length(request_no) between 1 and 64),
    kind           text not null check (kind in ('opening', 'event', 'promise')),
    unit_id        bigint not null references units,
    received_at    timestamptz not null,
    from_body      text not null,
    document_no    text,
    held_from      date,
    held_to        date check (held_to >= held_from),
    inspection_id  bigint references inspections,
    decided_at     timestamptz,
    passed         boolean,
    decision_no    text,
    handed_back_at timestamptz,
    withdrawn_at   timestamptz,
    withdrawn_why  text,
    note           text,
    entered_by     text not null,
    entered_at     timestamptz not null default now(),
    constraint decided_whole check ((decided_at is null) = (passed is null)),
    constraint withdrawn_whole check ((withdrawn_at is null) = (withdrawn_why is null))
);
create index visit_requests_unit on visit_requests (unit_id, received_at desc);
create index visit_requests_order on visit_requests (received_at desc, request_no);
create index visit_requests_number on visit_requests (request_no text_pattern_ops);

-- Complaints: told or not, the same fact as an earlier one, who complained, what it earned.
alter table complaints
    add column told_at timestamptz,
    add column told_how text,
    add column untold_why text,
    add column same_fact_as bigint references complaints,
    add constraint told_whole check ((told_at is null) = (told_how is null)),
    add constraint told_or_not check (told_at is null or untold_why is null);
create index complaints_open on complaints (check_by) where checked_at is null;
create index complaints_untold on complaints (received_at) where told_at is null and untold_why is null;
create index complaints_joined on complaints (same_fact_as) where same_fact_as is not null;
create index complaints_number on complaints (complaint_no text_pattern_ops);
create index complaints_order on complaints (received_at desc, complaint_id desc);

create table complainants (
    complaint_id  bigint primary key references complaints,
    name          text,
    phone         text,
    hidden        boolean not null default true,
    cleared_at    timestamptz,
    constraint kept_or_cleared check ((cleared_at is null) = (name is not null)),
    constraint cleared_whole check (cleared_at is null or phone is null)
);
create index complainants_kept on complainants (complaint_id) where cleared_at is null;
comment on table complainants is 'personal data apart from the complaint: read one by one, with a line in the audit log each time';

create table complaint_rewards (
    complaint_id  bigint primary key references complaints,
    fact_id       bigint not null unique references complaints,
    rule_from     date not null,
    band          text not null,
    amount_yuan   numeric(12, 2) not null check (amount_yuan >= 0),
    state         text not null check (state in ('granted', 'paid', 'refused')),
    decided_on    date not null,
    decided_by    text not null,
    paid_on       date check (paid_on >= decided_on),
    reason        text,
    constraint paid_has_day check ((state = 'paid') = (paid_on is not null)),
    constraint refused_has_reason check (state <> 'refused' or reason is not null)
);
comment on column complaint_rewards.fact_id is 'the first complaint of the fact: one reward for one fact';

-- Results that wait to be made public.
create table result_publications (
    inspection_id  bigint primary key references inspections,
    queued_at      timestamptz not null,
    decided_at     timestamptz,
    decided_by     text,
    withheld_why   text,
    published_at   timestamptz,
    published_by   text,
    place          text,
    told_at        timestamptz,
    told_how       text,
    constraint decided_whole check ((decided_at is null) = (decided_by is null)),
    constraint published_whole check ((published_at is null) = (published_by is null)
        and (published_at is null) = (place is null)),
    constraint published_after_decision check (published_at is null or (decided_at is not null
        and published_at >= decided_at and withheld_why is null)),
    constraint told_whole check ((told_at is null) = (told_how is null))
);
create index result_publications_waiting on result_publications (queued_at, inspection_id)
    where published_at is null and withheld_why is null;
create index result_publications_order on result_publications (queued_at desc, inspection_id desc);

-- Clocks are listed by body, area, rule and moment.
create index clocks_area on clocks (area_code, due_at) where done_at is null and dropped_at is null;
create index clocks_rule on clocks (rule, due_at) where done_at is null and dropped_at is null;
create index clocks_ended_in_time on clocks (coalesce(done_at, dropped_at) desc, clock_id desc) where done_at <= due_at;
create index clocks_ended_late on clocks (coalesce(done_at, dropped_at) desc, clock_id desc) where done_at > due_at;
create index clocks_dropped on clocks (coalesce(done_at, dropped_at) desc, clock_id desc) where dropped_at is not null;

-- What is open now gets its clocks; those whose end only policy knows are started by the nightly job.
insert into clocks (rule, noun, ref, unit_id, area_code, started_at, soon_at, due_at)
select 'deadlines.complaint_check', 'complaint', c.complaint_no, c.unit_id, u.area_code, c.received_at,
       greatest(c.received_at, c.check_by - least((c.check_by - c.received_at) / 4, interval '1 day')), c.check_by
from complaints c join units u using (unit_id)
where c.checked_at is null and c.check_by >= c.received_at
on conflict (rule, ref) do nothing;
insert into clocks (rule, noun, ref, unit_id, area_code, started_at, soon_at, due_at)
select r.rule, 'order', o.order_no, o.unit_id, u.area_code, r.start, greatest(r.start, r.until - interval '1 day'), r.until
from orders o join units u using (unit_id)
cross join lateral (values
    ('deadlines.order_corrected', o.served_on::timestamp at time zone 'Asia/Shanghai',
     (o.correct_by + 1)::timestamp at time zone 'Asia/Shanghai'),
    ('deadlines.recheck', (o.correct_by + 1)::timestamp at time zone 'Asia/Shanghai',
     (o.recheck_by + 1)::timestamp at time zone 'Asia/Shanghai')) as r (rule, start, until)
where o.closed_on is null and r.until >= r.start
on conflict (rule, ref) do nothing;

grant select on inspection_sheets, inspection_answers, hazard_rechecks, inspection_evidence, visit_requests,
    complaint_rewards, result_publications to huoyan_scheduler, huoyan_api;
grant insert on inspection_sheets, inspection_answers, hazard_rechecks, inspection_evidence, visit_requests,
    complainants, complaint_rewards, result_publications to huoyan_api;
grant update on visit_requests, complaint_rewards, result_publications to huoyan_api;
grant select on complainants to huoyan_api;
-- The nightly job clears what was kept long enough and can't read it.
grant select (complaint_id, cleared_at), update (name, phone, cleared_at) on complainants to huoyan_scheduler;
grant insert on result_publications to huoyan_scheduler;
