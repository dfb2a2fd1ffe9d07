-- 委托 (in the brigade's name) and 赋权 (in the town's own): who may act where, on what, since when, and what became of it.

-- agreements and their scope ------------------------------------------------------------------------------------------

create table agreements (
    agreement_id   bigint generated always as identity primary key,
    agreement_no   text not null unique check (length(agreement_no) between 1 and 64),
    regime         text not null check (regime in ('delegated', 'empowered')),
    town_code      text not null references areas,
    principal_code text not null references areas,
    powers         text[] not null check (cardinality(powers) > 0),
    from_day       date not null,
    to_day         date check (to_day is null or to_day >= from_day),
    signed_on      date not null,
    ended_on       date,
    ended_why      text check ((ended_on is null) = (ended_why is null)),
    note           text,
    made_by        text not null,
    made_at        timestamptz not null default now(),
    constraint delegation_has_a_term check (regime = 'empowered' or to_day is not null)
);
create index agreements_town on agreements (town_code, from_day desc);
comment on column agreements.to_day is 'the last day on which it holds; empowerment by a decision may have none';
comment on column agreements.ended_on is 'terminated: the first day on which it holds no more';

create table agreement_scopes (
    agreement_id  bigint not null references agreements,
    version       integer not null check (version > 0),
    from_day      date not null,
    item_codes    text[] not null,
    item_versions date[] not null check (cardinality(item_versions) = cardinality(item_codes)),
    made_by       text not null,
    made_at       timestamptz not null default now(),
    primary key (agreement_id, version)
);
create index agreement_scopes_day on agreement_scopes (agreement_id, from_day desc, version desc);
comment on column agreement_scopes.item_versions is 'the version of each item in the catalogue when the list was made';

create table agreement_filings (
    agreement_id  bigint not null references agreements,
    filed_with    text not null check (filed_with in ('government', 'brigade')),
    filed_on      date not null,
    receipt       text,
    made_by       text not null,
    made_at       timestamptz not null default now(),
    primary key (agreement_id, filed_with)
);

create table duty_lists (
    duty_id    bigint generated always as identity primary key,
    area_code  text not null references areas,
    item_code  text not null,
    list       text not null check (list in ('basic', 'assist', 'taken_back')),
    from_day   date not null,
    basis      text not null,
    made_by    text not null,
    made_at    timestamptz not null default now(),
    constraint duty_once unique (area_code, item_code, from_day)
);
comment on table duty_lists is '基本履职 (basic), 配合履职 (assist), 上级收回 (taken_back): the newest row that has begun holds';

-- acts of towns and police stations ------------------------------------------------------------------------------------

create table town_acts (
    act_id        bigint generated always as identity primary key,
    noun          text not null check (noun in ('inspection', 'penalty')),
    ref           text not null check (length(ref) between 1 and 100),
    inspection_id bigint unique references inspections,
    unit_id       bigint not null references units,
    town_code     text not null references areas,
    body          text not null check (body in ('town', 'police_station')),
    agreement_id  bigint references agreements,
    regime        text check (regime in ('delegated', 'empowered')),
    act           text not null,
    item_codes    text[] not null default '{}',
    responsible   text not null references officers,
    acted_on      date not null,
    video_ref     text,
    video_sha256  text check (video_sha256 ~ '^[0-9a-f]{64}$'),
    video_seconds integer check (video_seconds > 0),
    closed_on     date,
    archived_on   date check (archived_on is null or closed_on is not null),
    made_by       text not null,
    made_at       timestamptz not null default now(),
    constraint act_once unique (noun, ref),
    constraint a_town_acts_by_agreement check ((body = 'town') = (agreement_id is not null and regime is not null)),
    constraint video_is_whole check ((video_ref is null) = (video_sha256 is null)
                                     and (video_ref is null) = (video_seconds is null)),
    constraint closed_with_video check (closed_on is null or body <> 'town' or video_ref is not null)
);
create index town_acts_town on town_acts (town_code, act_id desc);
create index town_acts_day on town_acts (acted_on, town_code);
create index town_acts_unit on town_acts (unit_id, acted_on desc);
create index town_acts_officer on town_acts (responsible, acted_on desc);
comment on column town_acts.responsible is 'the one officer who answers for the act';

-- referrals: what a town or a station may not do ------------------------------------------------------------------------

create table referrals (
    referral_id   bigint generated always as identity primary key,
    referral_no   text not null unique,
    reason        text not null check (reason ~ '^[a-z_]+$'),
    unit_id       bigint references units,
    place         text,
    from_code     text not null references areas,
    from_body     text not null check (from_body in ('town', 'police_station')),
    to_code       text not null references areas,
    item_codes    text[] not null default '{}',
    source_noun   text,
    source_ref    text,
    found_on      date not null,
    state         text not null default 'sent' check (state in ('found', 'sent', 'returned', 'accepted', 'closed')),
    owner_code    text not null references areas,
    owner_body    text not null check (owner_body in ('town', 'police_station', 'brigade')),
    note          text,
    outcome       text,
    made_by       text not null,
    made_at       timestamptz not null default now(),
    constraint referral_of_something check (unit_id is not null or place is not null),
    constraint owned_by_the_first_until_sent check (
        state not in ('found', 'returned') or (owner_code = from_code and owner_body = from_body)),
    constraint closed_with_outcome check ((state = 'closed') = (outcome is not null))
);
create index referrals_to on referrals (to_code, state, referral_id desc);
create index referrals_from on referrals (from_code, state, referral_id desc);
create index referrals_unit on referrals (unit_id, referral_id desc);
create unique index referrals_order on referrals (source_ref) where source_noun = 'order';
comment on column referrals.owner_code is 'who answers for it now: the first receiver until another has accepted';

create table referral_steps (
    step_id      bigint generated always as identity primary key,
    referral_id  bigint not null references referrals,
    step         text not null check (step in ('found', 'sent', 'accepted', 'returned', 'passed_on', 'closed')),
    from_code    text references areas,
    to_code      text references areas,
    at           timestamptz not null,
    reason       text,
    made_by      text not null
);
create index referral_steps_of on referral_steps (referral_id, step_id);

-- people: assessment, training, auxiliaries ----------------------------------------------------------------------------

create table officer_passes (
    pass_id      bigint generated always as identity primary key,
    officer_no   text not null references officers,
    assessed_on  date not null,
    passed       boolean not null,
    score        numeric(5, 1) check (score between 0 and 100),
    assessed_by  text not null,
    made_by      text not null,
    made_at      timestamptz not null default now(),
    constraint assessed_once_a_day unique (officer_no, assessed_on)
);
create table training_days (
    training_id  bigint generated always as identity primary key,
    officer_no   text not null references officers,
    kind         text not null check (kind in ('pre_post', 'special', 'on_the_job')),
    held_on      date not null,
    hours        numeric(4, 1) not null check (hours > 0 and hours <= 24),
    days         numeric(4, 2) not null check (days > 0 and days <= 1),
    topic        text not null,
    made_by      text not null,
    made_at      timestamptz not null default now(),
    constraint trained_once unique (officer_no, held_on, topic)
);
create index training_days_officer on training_days (officer_no, held_on desc);
create table auxiliaries (
    auxiliary_no text primary key check (length(auxiliary_no) between 1 and 32),
    name         text not null,
    town_code    text not null references areas,
    tasks        text not null,
    from_day     date not null,
    to_day       date check (to_day is null or to_day >= from_day),
    made_by      text not null,
    made_at      timestamptz not null default now()
);
comment on table auxiliaries is '辅助执法人员: they help, and decide and sign nothing';

-- supervision by the brigade -------------------------------------------------------------------------------------------

create table guidance_visits (
    guidance_id  bigint generated always as identity primary key,
    town_code    text not null references areas,
    visited_on   date not null,
    officers     text[] not null check (cardinality(officers) > 0),
    note         text not null,
    made_by      text not null,
    made_at      timestamptz not null default now(),
    constraint guided_once_a_day unique (town_code, visited_on)
);
create table town_budgets (
    town_code    text not null references areas,
    year         integer not null check (year between 2000 and 2100),
    amount_yuan  numeric(14, 2) not null check (amount_yuan > 0),
    document     text not null,
    made_by      text not null,
    made_at      timestamptz not null default now(),
    primary key (town_code, year)
);
create table meeting_actions (
    action_id    bigint generated always as identity primary key,
    meeting      text not null,
    held_on      date not null,
    area_code    text not null references areas,
    body         text not null check (body in ('brigade', 'town', 'police_station')),
    task         text not null,
    due_on       date not null check (due_on >= held_on),
    done_on      date check (done_on is null or done_on >= held_on),
    result       text check ((done_on is null) = (result is null)),
    made_by      text not null,
    made_at      timestamptz not null default now()
);
create index meeting_actions_open on meeting_actions (area_code, due_on) where done_on is null;
create table fault_cases (
    fault_id     bigint generated always as identity primary key,
    town_code    text not null references areas,
    officer_no   text references officers,
    act_id       bigint references town_acts,
    found_on     date not null,
    fault        text not null,
    decided_on   date check (decided_on is null or decided_on >= found_on),
    decision     text check ((decided_on is null) = (decision is null)),
    closed_on    date check (closed_on is null or closed_on >= decided_on),
    made_by      text not null,
    made_at      timestamptz not null default now(),
    constraint closed_after_decision check (closed_on is null or decided_on is not null)
);
create index fault_cases_town on fault_cases (town_code, fault_id desc);
create table document_templates (
    code         text not null check (code ~ '^[a-z_]+$'),
    version      integer not null check (version > 0),
    from_day     date not null,
    title        text not null,
    body         text not null,
    made_by      text not null,
    made_at      timestamptz not null default now(),
    primary key (code, version),
    constraint template_of_a_day unique (code, from_day)
);

-- grids, leads of small places, police stations -------------------------------------------------------------------------

create table grids (
    grid_code    text primary key check (length(grid_code) between 1 and 32),
    town_code    text not null references areas,
    village_code text references grids,
    level        text not null check (level in ('village', 'grid')),
    name         text not null,
    worker       text,
    made_by      text not null,
    made_at      timestamptz not null default now(),
    constraint grid_in_village check ((level = 'grid') = (village_code is not null))
);
create index grids_town on grids (town_code, grid_code);
create index grids_village on grids (village_code);
create table unit_grids (
    unit_id    bigint primary key references units,
    grid_code  text not null references grids,
    since      date not null,
    made_by    text not null
);
create index unit_grids_grid on unit_grids (grid_code, unit_id);
create table grid_tasks (
    town_code  text not null references areas,
    task_code  text not null check (task_code ~ '^[a-z0-9_.]+$'),
    from_day   date not null,
    to_day     date check (to_day is null or to_day >= from_day),
    name       text not null,
    made_by    text not null,
    primary key (town_code, task_code, from_day)
);
create table grid_leads (
    lead_id      bigint generated always as identity primary key,
    lead_no      text not null unique,
    grid_code    text not null references grids,
    town_code    text not null references areas,
    place_kind   text not null,
    place        text not null,
    unit_id      bigint references units,
    task_codes   text[] not null check (cardinality(task_codes) > 0),
    found_at     timestamptz not null,
    found_by     text not null,
    signed       boolean not null check (signed),
    photo_ref    text not null,
    photo_sha256 text not null check (photo_sha256 ~ '^[0-9a-f]{64}$'),
    state        text not null default 'found'
                 check (state in ('found', 'told', 'closed', 'passed_on', 'accepted', 'returned', 'finished')),
    passed_to    text check ((passed_to is null) = (state in ('found', 'told', 'closed'))),
    note         text,
    made_by      text not null,
    made_at      timestamptz not null default now()
);
create index grid_leads_town on grid_leads (town_code, state, lead_id desc);
create index grid_leads_grid on grid_leads (grid_code, lead_id desc);
comment on table grid_leads is 'what grid workers found: leads, never inspections';
create table grid_lead_steps (
    step_id      bigint generated always as identity primary key,
    lead_id      bigint not null references grid_leads,
    step         text not null,
    at           timestamptz not null,
    note         text,
    photo_ref    text,
    photo_sha256 text check (photo_sha256 ~ '^[0-9a-f]{64}$'),
    made_by      text not null
);
create index grid_lead_steps_of on grid_lead_steps (lead_id, step_id);
create table lead_copies (
    copy_id      bigint generated always as identity primary key,
    lead_id      bigint not null references grid_leads,
    department   text not null,
    sent_on      date not null,
    received_on  date check (received_on is null or received_on >= sent_on),
    done_on      date check (done_on is null or done_on >= received_on),
    made_by      text not null,
    constraint copied_once unique (lead_id, department)
);
create table station_quotas (
    area_code  text not null references areas,
    unit_kind  text not null,
    from_day   date not null,
    yearly     integer not null check (yearly between 0 and 12),
    basis      text not null,
    made_by    text not null,
    made_at    timestamptz not null default now(),
    primary key (area_code, unit_kind, from_day)
);
comment on table station_quotas is 'fewest yearly visits of a police station to each unit of a kind; the newest row holds';
-- Who still waits for the yearly visit of a police station is asked unit by unit.
create index inspections_daily on inspections (unit_id, inspected_on) where kind = 'daily' and status = 'done';

create trigger agreement_scopes_kept before update or delete or truncate on agreement_scopes
    for each statement execute function refuse_change();
create trigger agreement_filings_kept before update or delete or truncate on agreement_filings
    for each statement execute function refuse_change();
create trigger duty_lists_kept before update or delete or truncate on duty_lists
    for each statement execute function refuse_change();
create trigger referral_steps_kept before update or delete or truncate on referral_steps
    for each statement execute function refuse_change();
create trigger officer_passes_kept before update or delete or truncate on officer_passes
    for each statement execute function refuse_change();
create trigger training_days_kept before update or delete or truncate on training_days
    for each statement execute function refuse_change();
create trigger document_templates_kept before update or delete or truncate on document_templates
    for each statement execute function refuse_change();
create trigger grid_lead_steps_kept before update or delete or truncate on grid_lead_steps
    for each statement execute function refuse_change();

grant select on agreements, agreement_scopes, agreement_filings, duty_lists, town_acts, referrals, referral_steps,
    officer_passes, training_days, auxiliaries, guidance_visits, town_budgets, meeting_actions, fault_cases,
    document_templates, grids, unit_grids, grid_tasks, grid_leads, grid_lead_steps, lead_copies, station_quotas
    to huoyan_scheduler, huoyan_api;
grant insert on agreements, agreement_scopes, agreement_filings, duty_lists, town_acts, referrals, referral_steps,
    officer_passes, training_days, auxiliaries, guidance_visits, town_budgets, meeting_actions, fault_cases,
    document_templates, grids, unit_grids, grid_tasks, grid_leads, grid_lead_steps, lead_copies, station_quotas
    to huoyan_api;
grant update on agreements, town_acts, referrals, auxiliaries, town_budgets, meeting_actions, fault_cases, grids,
    unit_grids, grid_tasks, grid_leads, lead_copies to huoyan_api;
-- The nightly run passes on what was left uncorrected.
grant insert on referrals, referral_steps to huoyan_scheduler;
