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
