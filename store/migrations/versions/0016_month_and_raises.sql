-- The targeted share of a month is decided once, with its evidence; a class raised between two nights is a row of its own.

create table tau_months (
    month           date primary key check (extract(day from month) = 1),
    results         integer not null check (results >= 0),
    lift            double precision,
    lift_lower      double precision,
    bounds          jsonb not null,
    tau             double precision not null check (tau >= 0 and tau < 1),
    policy_version  text not null,
    decided_by      text not null,
    decided_at      timestamptz not null,
    constraint lift_has_a_lower_bound check ((lift is null) = (lift_lower is null))
);
comment on table tau_months is 'append-only: the targeted share that the random arm''s results had earned when a month began';
comment on column tau_months.bounds is 'draw.tau of policy, by which it was decided';

create table class_raises (
    raise_id    bigint generated always as identity primary key,
    unit_id     bigint not null references units,
    from_class  char(1) not null check (from_class in ('A', 'B', 'C', 'D')),
    to_class    char(1) not null check (to_class in ('A', 'B', 'C', 'D')),
    rule        text not null check (length(rule) between 1 and 64),
    event_kind  text not null check (event_kind in ('inspection', 'penalty')),
    event_ref   text not null,
    from_day    date not null,
    until_day   date not null check (until_day >= from_day),
    raised_at   timestamptz not null,
    constraint a_raise_raises check (to_class > from_class),
    constraint raised_once unique (event_kind, event_ref, rule)
);
create index class_raises_unit on class_raises (unit_id, raise_id desc);
create index class_raises_until on class_raises (until_day, from_day);
comment on table class_raises is 'append-only: an event raised a class on its own day, for the draws from from_day on';
comment on column class_raises.rule is 'of raises.rules, scorecard.direct, or score: the points passed a cut';

create trigger tau_months_append_only before update or delete or truncate on tau_months
    for each statement execute function refuse_change();
create trigger class_raises_append_only before update or delete or truncate on class_raises
    for each statement execute function refuse_change();

grant select on tau_months, class_raises to huoyan_scheduler, huoyan_api;
grant insert on tau_months to huoyan_scheduler;
grant insert on class_raises to huoyan_scheduler, huoyan_api;
