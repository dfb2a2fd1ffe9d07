-- Learned models. A model is never changed: what becomes of it is a row of model_moves.

create table models (
    model_id        bigint generated always as identity primary key,
    model_no        text not null unique check (length(model_no) between 1 and 64),
    outcome         text not null,
    trained_for     date not null,
    first_day       date not null,
    until_day       date not null check (until_day > first_day),
    visits          integer not null,
    positives       integer not null,
    policy_version  text not null,
    features        text[] not null,
    content         jsonb not null,
    measures        jsonb not null,
    created_at      timestamptz not null default now()
);
comment on table models is 'learned risk models, as tables: a score of a past day can be computed again from them';
comment on column models.until_day is 'the visits it learnt from took place before this day';
comment on column models.measures is 'how it did on held-back windows, beside the scorecard, and what the gate said';

create table model_moves (
    move_id   bigint generated always as identity primary key,
    model_id  bigint not null references models,
    standing  text not null check (standing in ('challenger', 'champion', 'retired', 'refused')),
    reason    text not null check (length(reason) between 1 and 2000),
    moved_by  text not null,
    moved_at  timestamptz not null default now()
);
create index model_moves_model on model_moves (model_id, move_id desc);
comment on table model_moves is 'append-only: where a model stands is its latest row';

create trigger models_kept before update or delete or truncate on models for each statement execute function refuse_change();
create trigger model_moves_append_only before update or delete or truncate on model_moves
    for each statement execute function refuse_change();

grant select on models, model_moves to huoyan_scheduler, huoyan_api;
grant insert on models, model_moves to huoyan_scheduler;
