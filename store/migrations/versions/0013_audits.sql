-- A champion that no longer holds is demoted, and audits are kept as they were made.

alter table model_moves drop constraint model_moves_standing_check;
alter table model_moves add constraint model_moves_standing_check
    check (standing in ('challenger', 'champion', 'retired', 'refused', 'demoted'));

create table audits (
    audit_id        bigint generated always as identity primary key,
    as_of           date not null,
    model_no        text not null,
    outcome         text not null,
    policy_version  text not null,
    content         jsonb not null,
    made_by         text not null,
    made_at         timestamptz not null default now()
);
create index audits_latest on audits (as_of desc, audit_id desc);
comment on table audits is 'append-only: what was told against what was found by group of units, churn, and drift of the champion';
comment on column audits.model_no is 'the model that was audited, or scorecard';

create trigger audits_append_only before update or delete or truncate on audits
    for each statement execute function refuse_change();

grant select on audits to huoyan_scheduler, huoyan_api;
grant insert on audits to huoyan_scheduler;
