-- Supervision of the process (执法监督): what detectors found in the acts of officers, and cases drawn for review.

create table supervision_findings (
    finding_id  bigint generated always as identity primary key,
    detector    text not null check (detector ~ '^[a-z_]{1,40}$'),
    noun        text not null check (noun ~ '^[a-z_]{1,40}$'),
    ref         text not null check (length(ref) between 1 and 140),
    unit_id     bigint references units,
    area_code   text not null references areas,
    body        text not null check (body in ('brigade', 'town', 'police_station')),
    officers    text[] not null default '{}',
    acted_on    date not null,
    facts       jsonb not null default '{}',
    found_on    date not null,
    decision    text check (decision in ('fault', 'explained')),
    decided_on  date check (decided_on >= found_on),
    decided_by  text,
    reason      text check (length(reason) <= 1000),
    entered_at  timestamptz not null default now(),
    constraint found_once unique (detector, noun, ref),
    constraint decided_whole check ((decision is null) = (decided_on is null) and (decision is null) = (decided_by is null)
                                    and (decision is null) = (reason is null))
);
create index supervision_findings_area on supervision_findings (area_code, finding_id desc);
create index supervision_findings_detector on supervision_findings (detector, finding_id desc);
create index supervision_findings_open on supervision_findings (finding_id desc) where decision is null;
create index supervision_findings_officers on supervision_findings using gin (officers);
create index supervision_findings_acted on supervision_findings (acted_on);
comment on table supervision_findings is 'an act that a detector marked; a person decides whether it is a fault or explained';

-- The frame is committed to before the seed of the named draw is opened.
create table review_samples (
    month       date primary key check (extract(day from month) = 1),
    draw_no     text not null,
    frame       bytea not null,
    commitment  text not null check (commitment ~ '^[0-9a-f]{64}$'),
    files       integer not null check (files >= 0),
    size        integer not null check (size between 0 and files),
    frozen_at   timestamptz not null,
    seed        text check (seed ~ '^[0-9a-f]{64}$'),
    drawn_at    timestamptz check ((drawn_at is null) = (seed is null))
);
create table review_sample_cases (
    month     date not null references review_samples,
    position  integer not null check (position > 0),
    case_no   text not null,
    area_code text not null references areas,
    ticket    bigint not null,
    primary key (month, position),
    unique (month, case_no)
);
comment on table review_samples is 'closed cases of a month, from which some are drawn to be read (案卷抽查)';

create function sample_stands() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or old.drawn_at is not null or (new.month, new.draw_no, new.frame, new.commitment, new.size)
       is distinct from (old.month, old.draw_no, old.frame, old.commitment, old.size) then
        raise exception 'a sample of cases is never changed' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger review_samples_stand before update or delete on review_samples for each row execute function sample_stands();
create trigger review_sample_cases_append_only before update or delete or truncate on review_sample_cases
    for each statement execute function refuse_change();

-- Detectors and samples look at cases by the day on which they ended.
create index cases_closed on cases (closed_on) where closed_on is not null;

grant select on supervision_findings, review_samples, review_sample_cases to huoyan_scheduler, huoyan_api;
grant insert on supervision_findings, review_samples, review_sample_cases to huoyan_scheduler;
grant update (decision, decided_on, decided_by, reason) on supervision_findings to huoyan_api;
grant update (seed, drawn_at) on review_samples to huoyan_scheduler;
grant select on cases, enforcement_steps, step_evidence, town_acts, agreements, clocks to huoyan_scheduler;
