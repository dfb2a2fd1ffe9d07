-- Overrides. Nothing is overwritten: one that should no longer hold is withdrawn by a row of its own.

create table overrides (
    override_id  bigint generated always as identity primary key,
    unit_id      bigint not null references units,
    direction    text not null check (direction in ('up', 'down')),
    classes      integer not null check (classes between 1 and 3),
    reason_code  text not null check (length(reason_code) between 1 and 64),
    reason       text not null check (length(reason) between 1 and 1000),
    valid_from   date not null,
    until_day    date not null check (until_day >= valid_from),
    made_by      text not null,
    made_at      timestamptz not null,
    constraint override_moves_days_to_come check (valid_from > legal_day(made_at))
);
create index overrides_unit on overrides (unit_id, override_id desc);
create index overrides_until on overrides (until_day, valid_from);
comment on table overrides is 'append-only: a person moves a unit by risk classes, from the next scores on';
comment on column overrides.until_day is 'the last day whose scores it moves';
comment on column overrides.reason_code is 'overrides.reasons of policy';

create table override_withdrawals (
    override_id   bigint primary key references overrides,
    from_day      date not null,
    reason        text not null check (length(reason) between 1 and 1000),
    withdrawn_by  text not null,
    withdrawn_at  timestamptz not null,
    constraint withdrawal_moves_days_to_come check (from_day > legal_day(withdrawn_at))
);
comment on table override_withdrawals is 'append-only: from this day on the override moves no score';

create trigger overrides_append_only before update or delete or truncate on overrides
    for each statement execute function refuse_change();
create trigger override_withdrawals_append_only before update or delete or truncate on override_withdrawals
    for each statement execute function refuse_change();

alter table scores
    add column override_id bigint,
    add column class_before char(1) check (class_before in ('A', 'B', 'C', 'D')),
    add constraint overridden_from_a_class check ((override_id is null) = (class_before is null));
comment on column scores.override_id is 'the override that moved the class; null: none did';
comment on column scores.class_before is 'the class that the unit would have had without it';

grant select on overrides, override_withdrawals to huoyan_scheduler, huoyan_api;
grant insert on overrides, override_withdrawals to huoyan_api;
