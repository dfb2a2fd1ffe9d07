-- name: stage_cases
-- Where cases land before they are merged.
drop table if exists pg_temp.stage_past_cases;
create temp table stage_past_cases (case_no text, unit_no text, inspection_no text, party text, regime text,
    procedure text, article text, facts text, items text[], officers text[], offence_on date,
    life_safety bool, filed_at timestamptz, filed_on date, standing text, decided_on date, closed_on date) on commit drop;

-- name: stray_cases
-- The first unit that is not in the register.
select s.unit_no from stage_past_cases s left join units u using (unit_no) where u.unit_id is null limit 1;

-- name: merge_cases
-- Cases of the area in which their unit lies.
insert into cases (case_no, unit_id, area_code, inspection_id, party, regime, procedure, article, facts, items, officers,
    offence_on, life_safety, filed_at, filed_on, standing, decided_on, closed_on, entered_by)
select s.case_no, u.unit_id, u.area_code, i.inspection_id, s.party, s.regime, s.procedure, s.article, s.facts,
    coalesce(s.items, '{}'), s.officers, s.offence_on, s.life_safety, s.filed_at, s.filed_on, s.standing, s.decided_on,
    s.closed_on, %(actor)s
from stage_past_cases s join units u using (unit_no)
left join inspections i on i.inspection_no = s.inspection_no and i.unit_id = u.unit_id
on conflict (case_no) do nothing;

-- name: stage_measures
-- Where measures land before they are merged.
drop table if exists pg_temp.stage_past_measures;
create temp table stage_past_measures (measure_no text, unit_no text, kind text, path text, ground text, scope text,
    officers text[], began_at timestamptz, began_on date, until_on date, standing text, ended_on date) on commit drop;

-- name: stray_measures
-- The first unit that is not in the register.
select s.unit_no from stage_past_measures s left join units u using (unit_no) where u.unit_id is null limit 1;

-- name: merge_measures
-- Seals and suspensions.
insert into measures (measure_no, kind, unit_id, area_code, path, ground, scope, officers, began_at, began_on, until_on,
    standing, ended_on, entered_by)
select s.measure_no, s.kind, u.unit_id, u.area_code, s.path, s.ground, s.scope, s.officers, s.began_at, s.began_on,
    s.until_on, s.standing, s.ended_on, %(actor)s
from stage_past_measures s join units u using (unit_no)
on conflict (measure_no) do nothing;

-- name: stage_major_hazards
-- Where major hazards land before they are merged.
drop table if exists pg_temp.stage_past_major_hazards;
create temp table stage_past_major_hazards (major_hazard_no text, unit_no text, way text, elements text[],
    officers text[], found_at timestamptz, found_on date, standing text, level text, notice_on date, ended_on date)
    on commit drop;

-- name: stray_major_hazards
-- The first unit that is not in the register.
select s.unit_no from stage_past_major_hazards s left join units u using (unit_no) where u.unit_id is null limit 1;

-- name: merge_major_hazards
-- Major hazards.
insert into major_hazards (major_hazard_no, unit_id, area_code, way, elements, officers, found_at, found_on, standing,
    level, ended_on, entered_by)
select s.major_hazard_no, u.unit_id, u.area_code, s.way, s.elements, s.officers, s.found_at, s.found_on, s.standing,
    s.level, s.ended_on, %(actor)s
from stage_past_major_hazards s join units u using (unit_no)
on conflict (major_hazard_no) do nothing;

-- name: notices_served
-- The notice of rectification of hazards that have just come in, where its day is told: reports count it, and what stands goes on
-- from it.
insert into enforcement_steps (noun, ref, step, at, entered_by)
select 'major_hazard', s.major_hazard_no, 'notice_served', s.notice_on::timestamp at time zone 'Asia/Shanghai', %(actor)s
from stage_past_major_hazards s join major_hazards m using (major_hazard_no)
where s.notice_on is not null and m.entered_at = now()
  and not exists (select from enforcement_steps e where e.noun = 'major_hazard' and e.ref = s.major_hazard_no);

-- name: stage_steps
-- Where steps land before they are merged.
drop table if exists pg_temp.stage_past_steps;
create temp table stage_past_steps (noun text, ref text, step text, at timestamptz, officers text[],
    details jsonb) on commit drop;

-- name: merge_steps
-- Steps; one that stands at that moment is left.
insert into enforcement_steps (noun, ref, step, at, officers, details, entered_by)
select s.noun, s.ref, s.step, s.at, coalesce(s.officers, '{}'), s.details, %(actor)s from stage_past_steps s
where not exists (select from enforcement_steps e
                  where (e.noun, e.ref, e.step, e.at) = (s.noun, s.ref, s.step, s.at));

-- name: stage_evidence
-- Where recordings land before they are merged.
drop table if exists pg_temp.stage_past_evidence;
create temp table stage_past_evidence (noun text, ref text, step text, at timestamptz, kind text, uri text, sha256 text,
    seconds integer) on commit drop;

-- name: merge_evidence
-- Recordings of steps that were loaded before, each once.
insert into step_evidence (step_id, kind, uri, sha256, seconds, entered_by)
select e.step_id, s.kind, s.uri, s.sha256, s.seconds, %(actor)s
from stage_past_evidence s
join enforcement_steps e on (e.noun, e.ref, e.step, e.at) = (s.noun, s.ref, s.step, s.at)
on conflict (step_id, sha256) do nothing;

-- name: stage_agreements
-- Where agreements land before they are merged.
drop table if exists pg_temp.stage_past_agreements;
create temp table stage_past_agreements (agreement_no text, regime text, town_code text, principal_code text,
    powers text[], from_day date, to_day date, signed_on date) on commit drop;

-- name: merge_agreements
-- Agreements and empowerments.
insert into agreements (agreement_no, regime, town_code, principal_code, powers, from_day, to_day, signed_on, made_by)
select agreement_no, regime, town_code, principal_code, powers, from_day, to_day, signed_on, %(actor)s
from stage_past_agreements
on conflict (agreement_no) do nothing;
