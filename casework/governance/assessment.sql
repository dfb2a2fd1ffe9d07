-- name: three_systems
-- Of the cases decided in some days: made public in time where that period has ended, reviewed before the decision, filmed
-- at each step that needs it.
with decided as (
    select c.case_no, s.step, s.at from cases c join enforcement_steps s on s.noun = 'case' and s.ref = c.case_no
    where s.step in ('decision', 'no_penalty') and c.decided_on between %(first)s and %(last)s
      and (%(areas)s::text[] is null or c.area_code = any(%(areas)s))
), told as (
    select d.case_no, k.done_at is not null and k.done_at <= k.due_at as kept
    from decided d join clocks k on k.rule = 'deadlines.penalty_published' and k.ref = d.case_no and k.dropped_at is null
    where d.step = 'decision' and (k.done_at is not null or k.due_at < %(now)s)
), reviewed as (
    select d.case_no, exists (select from enforcement_steps r where r.noun = 'case' and r.ref = d.case_no
                              and r.step = 'legal_review' and r.at <= d.at and r.details ->> 'agreed' = 'true') as kept
    from decided d
), filmed as (
    select d.case_no, not exists (
        select from enforcement_steps r where r.noun = 'case' and r.ref = d.case_no and r.step = any(%(filmed)s)
          and not exists (select from step_evidence e where e.step_id = r.step_id and e.kind = 'video')) as kept
    from decided d
    where exists (select from enforcement_steps r where r.noun = 'case' and r.ref = d.case_no and r.step = any(%(filmed)s))
)
select (select count(*) filter (where kept) from told)::int as publicity,
    (select count(*) from told)::int as publicity_asked,
    (select count(*) filter (where kept) from reviewed)::int as legal_review,
    (select count(*) from reviewed)::int as legal_review_asked,
    (select count(*) filter (where kept) from filmed)::int as recording,
    (select count(*) from filmed)::int as recording_asked;

-- name: in_time
-- Periods that ended in some days, and those that ran out in them and still run.
select (ended.kept)::int as kept, (ended.asked + late.asked)::int as asked
from (select count(*) filter (where k.done_at <= k.due_at) as kept, count(*) as asked from clocks k
      where k.done_at >= (%(first)s::date)::timestamp at time zone 'Asia/Shanghai'
        and k.done_at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Shanghai'
        and (%(areas)s::text[] is null or k.area_code = any(%(areas)s))) ended,
     (select count(*) as asked from clocks k
      where k.done_at is null and k.dropped_at is null and k.due_at < %(now)s
        and k.due_at >= (%(first)s::date)::timestamp at time zone 'Asia/Shanghai'
        and k.due_at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Shanghai'
        and (%(areas)s::text[] is null or k.area_code = any(%(areas)s))) late;

-- name: qualified
-- Case files read in some days.
select count(*) filter (where r.qualified)::int as kept, count(*)::int as asked from case_reviews r
where r.reviewed_on between %(first)s and %(last)s and (%(areas)s::text[] is null or r.area_code = any(%(areas)s));

-- name: without_fault
-- Acts that a detector marked and a person decided on: those that were explained.
select count(*) filter (where f.decision = 'explained')::int as kept, count(*)::int as asked from supervision_findings f
where f.decision is not null and f.acted_on between %(first)s and %(last)s
  and (%(areas)s::text[] is null or f.area_code = any(%(areas)s));

-- name: reviews_done
-- Files drawn for review in the months that begin in some days, and those of them that were read.
select count(*) filter (where exists (select from case_reviews r where r.noun = 'case' and r.ref = c.case_no))::int as kept,
    count(*)::int as asked
from review_sample_cases c
where c.month between %(first)s and %(last)s and (%(areas)s::text[] is null or c.area_code = any(%(areas)s));
