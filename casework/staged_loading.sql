-- name: stage_cases
-- Where cases land before they are merged.
create temp table stage_cases (unit_id bigint, area_code text, case_no text, inspection_no text, party text, regime text,
    procedure text, article text, facts text, items text[], officers text[], offence_on date, life_safety bool,
    filed_at timestamptz, filed_on date, standing text, decided_on date, closed_on date) on commit drop;

-- name: merge_cases
-- Cases of the area in which their unit lies; of a visit, where it is one of that unit.
insert into cases (case_no, unit_id, area_code, inspection_id, party, regime, procedure, article, facts, items, officers,
    offence_on, life_safety, filed_at, filed_on, standing, decided_on, closed_on, entered_by)
select s.case_no, s.unit_id, s.area_code, i.inspection_id, s.party, s.regime, s.procedure, s.article, s.facts,
    coalesce(s.items, '{}'), s.officers, s.offence_on, s.life_safety, s.filed_at, s.filed_on, s.standing, s.decided_on,
    s.closed_on, %(actor)s
from stage_cases s left join lateral (
    select inspection_id from inspections where inspection_no = s.inspection_no and unit_id = s.unit_id offset 0) i on true
on conflict (case_no) do nothing;

-- name: differ_cases
-- Staged cases whose number stands with other facts.
select s.case_no as number
from stage_cases s cross join lateral (select * from cases where case_no = s.case_no offset 0) c
where (c.unit_id, c.party, c.regime, c.procedure, c.article, c.facts, c.items, c.officers, c.offence_on, c.life_safety,
       c.filed_on, c.standing, c.decided_on, c.closed_on)
   is distinct from (s.unit_id, s.party, s.regime, s.procedure, s.article, s.facts, coalesce(s.items, '{}'), s.officers,
       s.offence_on, s.life_safety, s.filed_on, s.standing, s.decided_on, s.closed_on);

-- name: stage_measures
-- Where measures land before they are merged.
create temp table stage_measures (unit_id bigint, area_code text, measure_no text, kind text, path text, ground text,
    scope text, officers text[], began_at timestamptz, began_on date, until_on date, standing text, ended_on date)
    on commit drop;

-- name: merge_measures
-- Seals and suspensions.
insert into measures (measure_no, kind, unit_id, area_code, path, ground, scope, officers, began_at, began_on, until_on,
    standing, ended_on, entered_by)
select measure_no, kind, unit_id, area_code, path, ground, scope, officers, began_at, began_on, until_on, standing,
    ended_on, %(actor)s
from stage_measures
on conflict (measure_no) do nothing;

-- name: differ_measures
-- Staged measures whose number stands with other facts.
select s.measure_no as number
from stage_measures s cross join lateral (select * from measures where measure_no = s.measure_no offset 0) m
where (m.unit_id, m.kind, m.path, m.ground, m.scope, m.officers, m.began_on, m.until_on, m.standing, m.ended_on)
   is distinct from (s.unit_id, s.kind, s.path, s.ground, s.scope, s.officers, s.began_on, s.until_on, s.standing, s.ended_on);

-- name: stage_major_hazards
-- Where major hazards land before they are merged.
create temp table stage_major_hazards (unit_id bigint, area_code text, major_hazard_no text, way text, elements text[],
    officers text[], found_at timestamptz, found_on date, standing text, level text, notice_on date, ended_on date)
    on commit drop;

-- name: merge_major_hazards
-- Major hazards, each that is new with its notice of rectification, where the day of it is told: reports count it, and what stands
-- goes on from it.
with made as (
    insert into major_hazards (major_hazard_no, unit_id, area_code, way, elements, officers, found_at, found_on, standing,
        level, ended_on, entered_by)
    select major_hazard_no, unit_id, area_code, way, elements, officers, found_at, found_on, standing, level, ended_on,
        %(actor)s
    from stage_major_hazards
    on conflict (major_hazard_no) do nothing
    returning major_hazard_no
), noticed as (
    insert into enforcement_steps (noun, ref, step, at, entered_by)
    select 'major_hazard', major_hazard_no, 'notice_served', s.notice_on::timestamp at time zone 'Asia/Shanghai', %(actor)s
    from made join stage_major_hazards s using (major_hazard_no)
    where s.notice_on is not null
      -- Read once: an index, chosen before there are statistics, is gone through anew for every row.
      and s.major_hazard_no not in (select ref from enforcement_steps where noun = 'major_hazard')
)
select count(*) as inserted, 0 as updated from made;

-- name: differ_major_hazards
-- Staged major hazards whose number stands with other facts.
select s.major_hazard_no as number
from stage_major_hazards s
cross join lateral (select * from major_hazards where major_hazard_no = s.major_hazard_no offset 0) m
where (m.unit_id, m.way, m.elements, m.officers, m.found_on, m.standing, m.level, m.ended_on)
   is distinct from (s.unit_id, s.way, s.elements, s.officers, s.found_on, s.standing, s.level, s.ended_on)
   or s.notice_on is not null and (s.major_hazard_no, s.notice_on) not in (
       select ref, legal_day(at) from enforcement_steps where noun = 'major_hazard' and step = 'notice_served');

-- name: stage_steps
-- Where steps land before they are merged.
create temp table stage_steps (noun text, ref text, step text, at timestamptz, officers text[], details jsonb) on commit drop;

-- name: merge_steps
-- Steps; one that stands at that moment is left.
insert into enforcement_steps (noun, ref, step, at, officers, details, entered_by)
select s.noun, s.ref, s.step, s.at, coalesce(s.officers, '{}'), s.details, %(actor)s from stage_steps s
where not exists (select from enforcement_steps e
                  where (e.noun, e.ref, e.step, e.at) = (s.noun, s.ref, s.step, s.at));

-- name: stage_evidence
-- Where recordings land before they are merged.
create temp table stage_evidence (noun text, ref text, step text, at timestamptz, kind text, uri text, sha256 text,
    seconds integer) on commit drop;

-- name: merge_evidence
-- Recordings of steps that were loaded before, each once.
insert into step_evidence (step_id, kind, uri, sha256, seconds, entered_by)
select e.step_id, s.kind, s.uri, s.sha256, s.seconds, %(actor)s
from stage_evidence s
join enforcement_steps e on (e.noun, e.ref, e.step, e.at) = (s.noun, s.ref, s.step, s.at)
on conflict (step_id, sha256) do nothing;

-- name: stage_agreements
-- Where agreements land before they are merged.
create temp table stage_agreements (agreement_no text, regime text, town_code text, principal_code text, powers text[],
    from_day date, to_day date, signed_on date) on commit drop;

-- name: merge_agreements
-- Agreements and empowerments.
insert into agreements (agreement_no, regime, town_code, principal_code, powers, from_day, to_day, signed_on, made_by)
select agreement_no, regime, town_code, principal_code, powers, from_day, to_day, signed_on, %(actor)s
from stage_agreements
on conflict (agreement_no) do nothing;

-- name: differ_agreements
-- Staged agreements whose number stands with other facts.
select s.agreement_no as number
from stage_agreements s cross join lateral (select * from agreements where agreement_no = s.agreement_no offset 0) a
where (a.regime, a.town_code, a.principal_code, a.powers, a.from_day, a.to_day, a.signed_on)
   is distinct from (s.regime, s.town_code, s.principal_code, s.powers, s.from_day, s.to_day, s.signed_on);

-- name: stage_credit_entries
-- Ledger entries wait here until they are merged.
create temp table stage_credit_entries (unit_id bigint, occurred_on date, points float8, event_kind text, event_ref text,
    article text) on commit drop;

-- name: merge_credit_entries
-- New ledger entries in; the ledger is append-only.
insert into credit_entries (unit_id, occurred_on, points, event_kind, event_ref, article)
select unit_id, occurred_on, round(points::numeric, 2), event_kind, event_ref, article from stage_credit_entries
on conflict (event_kind, event_ref) do nothing;

-- name: differ_credit_entries
-- Staged entries of the ledger that stand with other facts.
select s.event_kind || '/' || s.event_ref as number
from stage_credit_entries s cross join lateral (
    select * from credit_entries where event_kind = s.event_kind and event_ref = s.event_ref offset 0) e
where (e.unit_id, e.occurred_on, e.points, e.article)
   is distinct from (s.unit_id, s.occurred_on, round(s.points::numeric, 2), s.article);

-- name: stage_listings
-- Listings wait here until they are merged.
create temp table stage_listings (unit_id bigint, list text, from_day date, to_day date, basis text) on commit drop;

-- name: merge_listings
-- New listings in, changed ones brought up to date.
with merged as (
    insert into credit_listings (unit_id, list, from_day, to_day, basis)
    select distinct on (unit_id, list, from_day) unit_id, list, from_day, to_day, basis
    from stage_listings
    order by unit_id, list, from_day
    on conflict (unit_id, list, from_day) do update set to_day = excluded.to_day, basis = excluded.basis
    where (credit_listings.to_day, credit_listings.basis) is distinct from (excluded.to_day, excluded.basis)
    returning xmax = 0 as inserted
)
select count(*) filter (where inserted) as inserted, count(*) filter (where not inserted) as updated from merged;

-- name: listed_twice
-- A staged unit that is on the general and the serious list on one day.
select u.unit_no, greatest(a.from_day, b.from_day) as day
from credit_listings a
join credit_listings b on b.unit_id = a.unit_id and b.list = 'serious'
join units u on u.unit_id = a.unit_id
where a.list = 'general' and a.unit_id in (select unit_id from stage_listings)
  and daterange(a.from_day, a.to_day, '[]') && daterange(b.from_day, b.to_day, '[]')
limit 1;

-- name: stage_training
-- Where attendances land before they are merged.
create temp table stage_training (officer_no text, kind text, held_on date, hours float8, days float8, topic text) on commit drop;

-- name: merge_training
-- New attendances.
insert into training_days (officer_no, kind, held_on, hours, days, topic, made_by)
select officer_no, kind, held_on, round(hours::numeric, 1), round(days::numeric, 2), topic, %(actor)s from stage_training
on conflict do nothing;

-- name: differ_training
-- Staged attendances that stand with other hours.
select s.officer_no || ' ' || s.held_on || ' ' || s.topic as number
from stage_training s cross join lateral (
    select * from training_days where officer_no = s.officer_no and held_on = s.held_on and topic = s.topic offset 0) t
where (t.kind, t.hours, t.days) is distinct from (s.kind, round(s.hours::numeric, 1), round(s.days::numeric, 2));

-- name: stage_guidance
-- Where visits of guidance land before they are merged.
create temp table stage_guidance (town_code text, visited_on date, officers text[], note text) on commit drop;

-- name: merge_guidance
-- New visits of guidance.
insert into guidance_visits (town_code, visited_on, officers, note, made_by)
select town_code, visited_on, officers, note, %(actor)s from stage_guidance on conflict do nothing;

-- name: differ_guidance
-- Staged visits that stand with other facts.
select s.town_code || ' ' || s.visited_on as number
from stage_guidance s cross join lateral (
    select * from guidance_visits where town_code = s.town_code and visited_on = s.visited_on offset 0) g
where (g.officers, g.note) is distinct from (s.officers, s.note);

-- name: stage_referrals
-- Where referrals land before they are merged.
create temp table stage_referrals (unit_id bigint, referral_no text, reason text, from_code text, from_body text, to_code text,
    item_codes text[], found_on date, state text, outcome text, note text) on commit drop;

-- name: merge_referrals
-- New referrals, each with the step that brought it where it stands.
with made as (
    insert into referrals (referral_no, reason, unit_id, from_code, from_body, to_code, item_codes, found_on, state,
        owner_code, owner_body, note, outcome, made_by, made_at)
    select referral_no, reason, unit_id, from_code, from_body, to_code, item_codes, found_on, state, to_code, 'brigade',
        note, outcome, %(actor)s, found_on::timestamp at time zone 'Asia/Shanghai'
    from stage_referrals
    on conflict (referral_no) do nothing
    returning referral_id, from_code, to_code, state, made_at, outcome
)
insert into referral_steps (referral_id, step, from_code, to_code, at, reason, made_by)
select referral_id, state, from_code, to_code, made_at, outcome, %(actor)s from made;

-- name: differ_referrals
-- Staged referrals whose number stands with other facts.
select s.referral_no as number
from stage_referrals s cross join lateral (select * from referrals where referral_no = s.referral_no offset 0) r
where (r.reason, r.unit_id, r.from_code, r.from_body, r.to_code, r.item_codes, r.found_on, r.state, r.outcome, r.note)
   is distinct from (s.reason, s.unit_id, s.from_code, s.from_body, s.to_code, s.item_codes, s.found_on, s.state, s.outcome,
       s.note);
