-- name: towns
-- Which of some areas are towns.
select area_code as key from areas where area_code = any(%s) and level = 'town';

-- name: items
-- Which of some items the catalogue has, of whatever day.
select distinct item_code as key from inspection_items where item_code = any(%s);

-- name: differ_cases
-- Staged cases whose number stands with other facts.
select s.case_no as number from stage_past_cases s join units u using (unit_no) join cases c using (case_no)
where (c.unit_id, c.party, c.regime, c.procedure, c.article, c.facts, c.items, c.officers, c.offence_on, c.life_safety,
       c.filed_on, c.standing, c.decided_on, c.closed_on)
   is distinct from (u.unit_id, s.party, s.regime, s.procedure, s.article, s.facts, coalesce(s.items, '{}'), s.officers,
       s.offence_on, s.life_safety, s.filed_on, s.standing, s.decided_on, s.closed_on);

-- name: differ_measures
-- Staged measures whose number stands with other facts.
select s.measure_no as number from stage_past_measures s join units u using (unit_no) join measures m using (measure_no)
where (m.unit_id, m.kind, m.path, m.ground, m.scope, m.officers, m.began_on, m.until_on, m.standing, m.ended_on)
   is distinct from (u.unit_id, s.kind, s.path, s.ground, s.scope, s.officers, s.began_on, s.until_on, s.standing, s.ended_on);

-- name: differ_major_hazards
-- Staged major hazards whose number stands with other facts.
select s.major_hazard_no as number
from stage_past_major_hazards s join units u using (unit_no) join major_hazards m using (major_hazard_no)
where (m.unit_id, m.way, m.elements, m.officers, m.found_on, m.standing, m.level, m.ended_on)
   is distinct from (u.unit_id, s.way, s.elements, s.officers, s.found_on, s.standing, s.level, s.ended_on)
   or s.notice_on is not null and not exists (
       select from enforcement_steps e where e.noun = 'major_hazard' and e.ref = s.major_hazard_no
           and e.step = 'notice_served' and legal_day(e.at) = s.notice_on);

-- name: differ_agreements
-- Staged agreements whose number stands with other facts.
select agreement_no as number from stage_past_agreements s join agreements a using (agreement_no)
where (a.regime, a.town_code, a.principal_code, a.powers, a.from_day, a.to_day, a.signed_on)
   is distinct from (s.regime, s.town_code, s.principal_code, s.powers, s.from_day, s.to_day, s.signed_on);

-- name: differ_credit
-- Staged entries of the ledger that stand with other facts: the ledger is append-only.
select s.event_kind || '/' || s.event_ref as number
from stage_credit s join units u using (unit_no) join credit_entries e using (event_kind, event_ref)
where (e.unit_id, e.occurred_on, e.points, e.article)
   is distinct from (u.unit_id, s.occurred_on, round(s.points::numeric, 2), s.article);

-- name: stage_training
-- Where attendances land before they are merged.
drop table if exists pg_temp.stage_training;
create temp table stage_training (officer_no text, kind text, held_on date, hours float8, days float8, topic text) on commit drop;

-- name: merge_training
-- New attendances.
insert into training_days (officer_no, kind, held_on, hours, days, topic, made_by)
select officer_no, kind, held_on, round(hours::numeric, 1), round(days::numeric, 2), topic, %(actor)s from stage_training
on conflict do nothing;

-- name: differ_training
-- Staged attendances that stand with other hours.
select s.officer_no || ' ' || s.held_on || ' ' || s.topic as number
from stage_training s join training_days t using (officer_no, held_on, topic)
where (t.kind, t.hours, t.days) is distinct from (s.kind, round(s.hours::numeric, 1), round(s.days::numeric, 2));

-- name: stage_guidance
-- Where visits of guidance land before they are merged.
drop table if exists pg_temp.stage_guidance;
create temp table stage_guidance (town_code text, visited_on date, officers text[], note text) on commit drop;

-- name: merge_guidance
-- New visits of guidance.
insert into guidance_visits (town_code, visited_on, officers, note, made_by)
select town_code, visited_on, officers, note, %(actor)s from stage_guidance on conflict do nothing;

-- name: differ_guidance
-- Staged visits that stand with other facts.
select s.town_code || ' ' || s.visited_on as number from stage_guidance s join guidance_visits g using (town_code, visited_on)
where (g.officers, g.note) is distinct from (s.officers, s.note);

-- name: stage_referrals
-- Where referrals land before they are merged.
drop table if exists pg_temp.stage_referrals;
create temp table stage_referrals (referral_no text, reason text, unit_no text, from_code text, from_body text, to_code text,
    item_codes text[], found_on date, state text, outcome text, note text) on commit drop;

-- name: merge_referrals
-- New referrals, each with the step that brought it where it stands.
with made as (
    insert into referrals (referral_no, reason, unit_id, from_code, from_body, to_code, item_codes, found_on, state,
        owner_code, owner_body, note, outcome, made_by, made_at)
    select s.referral_no, s.reason, u.unit_id, s.from_code, s.from_body, s.to_code, s.item_codes, s.found_on, s.state,
        s.to_code, 'brigade', s.note, s.outcome, %(actor)s, s.found_on::timestamp at time zone 'Asia/Shanghai'
    from stage_referrals s join units u using (unit_no)
    on conflict (referral_no) do nothing
    returning referral_id, from_code, to_code, state, made_at, outcome
)
insert into referral_steps (referral_id, step, from_code, to_code, at, reason, made_by)
select referral_id, state, from_code, to_code, made_at, outcome, %(actor)s from made;

-- name: differ_referrals
-- Staged referrals whose number stands with other facts.
select s.referral_no as number from stage_referrals s join units u using (unit_no) join referrals r using (referral_no)
where (r.reason, r.unit_id, r.from_code, r.from_body, r.to_code, r.item_codes, r.found_on, r.state, r.outcome, r.note)
   is distinct from (s.reason, u.unit_id, s.from_code, s.from_body, s.to_code, s.item_codes, s.found_on, s.state, s.outcome,
       s.note);

-- name: size
-- How many rows a table had when it was looked at last.
select reltuples::float8 as rows from pg_class where oid = %s::regclass;
