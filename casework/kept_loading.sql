-- name: stands_cases
-- Which of some cases stand already.
select case_no from cases where case_no = any(string_to_array(%s, chr(31)));

-- name: differ_cases
-- Staged cases whose number stands with other facts.
select s.case_no
from stage_cases s cross join lateral (select * from cases where case_no = s.case_no offset 0) c
where (c.unit_id, c.party, c.regime, c.procedure, c.article, c.facts, c.items, c.officers, c.offence_on, c.life_safety,
       c.filed_on, c.standing, c.decided_on, c.closed_on)
   is distinct from (s.unit_id, s.party, s.regime, s.procedure, s.article, s.facts, s.items, s.officers, s.offence_on,
       s.life_safety, s.filed_on, s.standing, s.decided_on, s.closed_on);

-- name: stands_measures
-- Which of some measures stand already.
select measure_no from measures where measure_no = any(string_to_array(%s, chr(31)));

-- name: differ_measures
-- Staged measures whose number stands with other facts.
select s.measure_no
from stage_measures s cross join lateral (select * from measures where measure_no = s.measure_no offset 0) m
where (m.unit_id, m.kind, m.path, m.ground, m.scope, m.officers, m.began_on, m.until_on, m.standing, m.ended_on)
   is distinct from (s.unit_id, s.kind, s.path, s.ground, s.scope, s.officers, s.began_on, s.until_on, s.standing, s.ended_on);

-- name: stands_major_hazards
-- Which of some major hazards stand already.
select major_hazard_no from major_hazards where major_hazard_no = any(string_to_array(%s, chr(31)));

-- name: differ_major_hazards
-- Staged major hazards whose number stands with other facts. Steps are asked for in an order that one index alone gives: while there
-- are no statistics of them another would be chosen, and all notices gone through for every row.
select s.major_hazard_no
from stage_major_hazards s
cross join lateral (select * from major_hazards where major_hazard_no = s.major_hazard_no offset 0) m
where (m.unit_id, m.way, m.elements, m.officers, m.found_on, m.standing, m.level, m.ended_on)
   is distinct from (s.unit_id, s.way, s.elements, s.officers, s.found_on, s.standing, s.level, s.ended_on)
   or s.notice_on is not null and not exists (
       select from (select step, at from enforcement_steps where noun = 'major_hazard' and ref = s.major_hazard_no
                    order by step_id offset 0) e
       where e.step = 'notice_served' and legal_day(e.at) = s.notice_on);

-- name: stands_agreements
-- Which of some agreements stand already.
select agreement_no from agreements where agreement_no = any(string_to_array(%s, chr(31)));

-- name: differ_agreements
-- Staged agreements whose number stands with other facts.
select s.agreement_no
from stage_agreements s cross join lateral (select * from agreements where agreement_no = s.agreement_no offset 0) a
where (a.regime, a.town_code, a.principal_code, a.powers, a.from_day, a.to_day, a.signed_on)
   is distinct from (s.regime, s.town_code, s.principal_code, s.powers, s.from_day, s.to_day, s.signed_on);

-- name: stands_credit_entries
-- Which of some entries of the ledger stand already.
select k.kind, k.ref
from unnest(string_to_array(%s, chr(31)), string_to_array(%s, chr(31))) as k (kind, ref)
cross join lateral (select from credit_entries where event_kind = k.kind and event_ref = k.ref offset 0) e;

-- name: differ_credit_entries
-- Staged entries of the ledger that stand with other facts: the ledger is append-only.
select s.event_kind, s.event_ref
from stage_credit_entries s cross join lateral (
    select * from credit_entries where event_kind = s.event_kind and event_ref = s.event_ref offset 0) e
where (e.unit_id, e.occurred_on, e.points, e.article)
   is distinct from (s.unit_id, s.occurred_on, s.points, s.article);

-- name: stands_listings
-- Which of some listings stand already.
select k.unit_no, k.list, k.from_day
from unnest(string_to_array(%s, chr(31)), string_to_array(%s, chr(31)), string_to_array(%s, chr(31))::date[])
    as k (unit_no, list, from_day)
cross join lateral (select unit_id from units where unit_no = k.unit_no offset 0) u
cross join lateral (
    select from credit_listings where unit_id = u.unit_id and list = k.list and from_day = k.from_day offset 0) l;

-- name: merge_listings
-- Listings that stand brought up to date.
insert into credit_listings (unit_id, list, from_day, to_day, basis)
select unit_id, list, from_day, to_day, basis from stage_listings
on conflict (unit_id, list, from_day) do update set to_day = excluded.to_day, basis = excluded.basis
where (credit_listings.to_day, credit_listings.basis) is distinct from (excluded.to_day, excluded.basis);

-- name: listed_twice
-- One of some units that is on the general and the serious list on one day.
select u.unit_no, greatest(a.from_day, b.from_day) as day
from credit_listings a
join credit_listings b on b.unit_id = a.unit_id and b.list = 'serious'
join units u on u.unit_id = a.unit_id
where a.list = 'general' and u.unit_no = any(string_to_array(%s, chr(31)))
  and daterange(a.from_day, a.to_day, '[]') && daterange(b.from_day, b.to_day, '[]')
limit 1;

-- name: stands_training
-- Which of some attendances stand already; asked for in the order of the index that knows subjects too.
select k.officer_no, k.held_on, k.topic
from unnest(string_to_array(%s, chr(31)), string_to_array(%s, chr(31))::date[], string_to_array(%s, chr(31)))
    as k (officer_no, held_on, topic)
cross join lateral (
    select from training_days where officer_no = k.officer_no and held_on = k.held_on and topic = k.topic
    order by topic offset 0) t;

-- name: differ_training
-- Staged attendances that stand with other hours.
select s.officer_no, s.held_on, s.topic
from stage_training s cross join lateral (
    select * from training_days where officer_no = s.officer_no and held_on = s.held_on and topic = s.topic
    order by topic offset 0) t
where (t.kind, t.hours, t.days) is distinct from (s.kind, s.hours, s.days);

-- name: stands_guidance
-- Which of some visits of guidance stand already.
select k.town_code, k.visited_on
from unnest(string_to_array(%s, chr(31)), string_to_array(%s, chr(31))::date[]) as k (town_code, visited_on)
cross join lateral (select from guidance_visits where town_code = k.town_code and visited_on = k.visited_on offset 0) g;

-- name: differ_guidance
-- Staged visits of guidance that stand with other facts.
select s.town_code, s.visited_on
from stage_guidance s cross join lateral (
    select * from guidance_visits where town_code = s.town_code and visited_on = s.visited_on offset 0) g
where (g.officers, g.note) is distinct from (s.officers, s.note);

-- name: reserve_referrals
-- So many identities of referrals to come: the step of each is written beside it.
select array(select nextval(s.name) from (select pg_get_serial_sequence('referrals', 'referral_id')::regclass as name
                                          offset 0) s, generate_series(1, %s)) as numbers;

-- name: stands_referrals
-- Which of some referrals stand already.
select referral_no from referrals where referral_no = any(string_to_array(%s, chr(31)));

-- name: differ_referrals
-- Staged referrals whose number stands with other facts.
select s.referral_no
from stage_referrals s cross join lateral (select * from referrals where referral_no = s.referral_no offset 0) r
where (r.reason, r.unit_id, r.from_code, r.from_body, r.to_code, r.item_codes, r.found_on, r.state, r.outcome, r.note)
   is distinct from (s.reason, s.unit_id, s.from_code, s.from_body, s.to_code, s.item_codes, s.found_on, s.state, s.outcome,
       s.note);
