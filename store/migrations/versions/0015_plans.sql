-- Plans (年度、月度检查计划). A draft is made again as often as wanted; what was adopted is never changed but followed.

alter table inspection_items
    add column inspecting_body text,
    add column objects text,
    add column ratio text,
    add column frequency text,
    add column method text,
    add column content text;
comment on column inspection_items.ratio is 'as a published item list has it, in words: no draw is made by it';

create table plans (
    plan_id        bigint generated always as identity primary key,
    plan_no        text not null unique check (length(plan_no) between 1 and 32),
    year           integer not null check (year between 1900 and 2200),
    month          integer check (month between 1 and 12),
    version        integer not null check (version >= 1),
    status         text not null check (status in ('draft', 'adopted', 'published')),
    as_of          date not null,
    content        bytea not null,
    digest         text not null,
    public_content bytea not null,
    public_digest  text not null,
    previous       text not null,
    reason         text check (length(reason) between 1 and 1000),
    made_by        text not null,
    made_at        timestamptz not null,
    adopted_by     text,
    adopted_at     timestamptz,
    published_by   text,
    published_at   timestamptz,
    constraint one_version unique nulls not distinct (year, month, version),
    constraint revision_has_a_reason check (version = 1 or reason is not null),
    constraint adopted_by_somebody check ((status = 'draft') = (adopted_at is null) and
        (adopted_at is null) = (adopted_by is null)),
    constraint published_by_somebody check ((status = 'published') = (published_at is not null) and
        (published_at is null) = (published_by is null))
);
create unique index plans_one_draft on plans (year, coalesce(month, 0)) where status = 'draft';
comment on table plans is 'plans of a year (month null) or a month; each version names the digest of the one before';
comment on column plans.content is 'canonical JSON with quotas by risk class: internal';
comment on column plans.public_content is 'canonical JSON of what is published: kinds and areas, never a class of units';

create function plan_is_final() returns trigger language plpgsql as $$
begin
    if old.status <> 'draft' and tg_op = 'DELETE' then
        raise exception 'plan % is %: it can''t be taken back, only revised', old.plan_no, old.status
            using errcode = 'restrict_violation';
    end if;
    if tg_op = 'DELETE' then
        return old;
    end if;
    if (old.status, new.status) not in (('draft', 'adopted'), ('adopted', 'published'))
        or (to_jsonb(new) - array['status', 'adopted_by', 'adopted_at', 'published_by', 'published_at'])
            is distinct from
           (to_jsonb(old) - array['status', 'adopted_by', 'adopted_at', 'published_by', 'published_at'])
        or old.status = 'adopted' and (new.adopted_by, new.adopted_at) is distinct from (old.adopted_by, old.adopted_at)
    then
        raise exception 'plan % is final: nothing of it can be changed, only revised', old.plan_no
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger plan_final before update or delete on plans for each row execute function plan_is_final();
create trigger plans_kept before truncate on plans for each statement execute function refuse_change();

grant select, insert, update, delete on plans to huoyan_scheduler, huoyan_api;
