-- Off-site findings (非现场监管线索) and the decisions on them.

alter table alarms add column verdict_rule text;
alter table alarms add constraint verdict_rule_judges check (verdict_rule is null or verdict is not null);
comment on column alarms.verdict_rule is
    'the policy rule verdicts.rule.* that judged the case; null where a person did, whose verdict always stands';

create table findings (
    finding_id   bigint generated always as identity primary key,
    finding_no   text not null unique,
    unit_id      bigint not null references units,
    rule         text not null,
    subject      text not null default '',
    device_id    integer references devices,
    began_at     timestamptz not null,
    ended_at     timestamptz check (ended_at >= began_at),
    found_at     timestamptz not null,
    seen_at      timestamptz not null,
    evidence     jsonb not null,
    decide_by    timestamptz not null,
    again_of     bigint references findings,
    lapsed_at    timestamptz,
    decided_at   timestamptz,
    state        text not null default 'open'
                 check (state in ('open', 'lapsed', 'substantiated', 'dismissed', 'to_visit')),
    constraint finding_lapsed_or_decided check (lapsed_at is null or decided_at is null)
);
-- One undecided finding of what still lasts, whoever looks at the same moment.
create unique index findings_lasting on findings (unit_id, rule, subject) where state = 'open' and ended_at is null;
create index findings_unit on findings (unit_id, began_at desc);
create index findings_waiting on findings (decide_by) where state in ('open', 'to_visit');
create index findings_found on findings (found_at desc);
create index findings_subject on findings (rule, unit_id, subject);

comment on table findings is
    '非现场监管线索: what telemetry gives cause to look into; it counts as nothing until a person has decided';
comment on column findings.rule is 'findings.rule.* of policy';
comment on column findings.subject is 'what of the unit it is about: a device, a point, a day; empty: the unit';
comment on column findings.ended_at is 'null: it lasts';
comment on column findings.found_at is 'the moment it was found for: the score of a day knows those found before the day';
comment on column findings.again_of is 'the finding of the same unit, rule and subject that this one follows';
comment on column findings.lapsed_at is 'late data or a verdict took its ground away before anyone had decided';
comment on column findings.state is 'follows from the newest decision and lapsed_at: a trigger sets it';

create table finding_decisions (
    decision_id    bigint generated always as identity primary key,
    finding_id     bigint not null references findings,
    decision       text not null check (decision in ('substantiated', 'dismissed', 'to_visit')),
    reason         text not null check (length(reason) between 1 and 1000),
    evidence       jsonb not null,
    inspection_id  bigint references inspections,
    decided_by     text not null,
    decided_at     timestamptz not null
);
create index finding_decisions_finding on finding_decisions (finding_id, decision_id desc);
create index finding_decisions_visit on finding_decisions (inspection_id) where inspection_id is not null;
comment on table finding_decisions is 'append-only: a decision is changed by a later one';
comment on column finding_decisions.evidence is 'the evidence as it stood when the decision was made';

create trigger finding_decisions_append_only before update or delete or truncate on finding_decisions
    for each statement execute function refuse_change();

-- Whatever a process writes into state, it is what the decisions say: nothing but a decision makes a violation.
create function finding_state() returns trigger language plpgsql as $$
begin
    new.state := coalesce(
        (select decision from finding_decisions where finding_id = new.finding_id order by decision_id desc limit 1),
        case when new.lapsed_at is null then 'open' else 'lapsed' end);
    return new;
end $$;
create trigger finding_state before insert or update on findings for each row execute function finding_state();

-- The pages may add a decision and nothing else: what follows from it is done with the owner's rights.
create function finding_decided() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    update findings set decided_at = new.decided_at where finding_id = new.finding_id;
    return null;
end $$;
create trigger finding_decided after insert on finding_decisions for each row execute function finding_decided();

create trigger findings_kept before delete or truncate on findings for each statement execute function refuse_change();

grant select on findings, finding_decisions to huoyan_scheduler, huoyan_api;
grant insert, update on findings to huoyan_scheduler;
grant insert on finding_decisions to huoyan_api;

-- Duty checks (查岗) are kept by another migration; where they are, the scheduler looks at them.
do $$
begin
    if to_regclass('gbt_requests') is not null then
        grant select on gbt_requests to huoyan_scheduler;
    end if;
end $$;
