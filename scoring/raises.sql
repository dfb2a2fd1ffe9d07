-- name: run
-- The scores that stand for a day.
select as_of, computed_at from score_runs where as_of <= %(day)s order by as_of desc limit 1;

-- name: events
-- Penalties and results that the scores of a day could not know: of that day and later, or entered after these were made.
select 'penalty' as kind, p.case_no as ref, p.unit_id, array[]::text[] as severities
from penalties p
where p.withdrawn_on is null and (p.decided_on >= %(as_of)s or p.entered_at >= %(computed_at)s)
  and p.decided_on < %(day)s and (%(units)s::bigint[] is null or p.unit_id = any(%(units)s))
union all
select 'inspection', i.inspection_no, i.unit_id,
       array(select distinct h.severity from hazards h where h.inspection_id = i.inspection_id order by 1)
from inspections i
where i.status = 'done' and (i.inspected_on >= %(as_of)s or i.entered_at >= %(computed_at)s)
  and i.inspected_on < %(day)s and i.source <> 'import' and (%(units)s::bigint[] is null or i.unit_id = any(%(units)s))
  and exists (select from hazards h where h.inspection_id = i.inspection_id)
order by 1, 2;

-- name: standing
-- The classes that units have now: of the latest scores, or as raised since.
select s.unit_id, greatest(s.risk_class, (
    select max(r.to_class) from class_raises r
    where r.unit_id = s.unit_id and r.from_day <= %(day)s and (r.until_day >= %(day)s or r.from_day > s.as_of))) as risk_class,
       s.direct
from scores s where s.as_of = %(as_of)s and s.unit_id = any(%(units)s);

-- name: insert
-- A raise; the same event raises once by a rule.
insert into class_raises (unit_id, from_class, to_class, rule, event_kind, event_ref, from_day, until_day, raised_at)
values (%(unit_id)s, %(from_class)s, %(to_class)s, %(rule)s, %(event_kind)s, %(event_ref)s, %(from_day)s, %(until_day)s,
        %(raised_at)s)
on conflict (event_kind, event_ref, rule) do nothing
returning raise_id;

-- name: in_force
-- The raises that hold the scores of a day up: the highest of a unit.
select distinct on (unit_id) unit_id, to_class, rule from class_raises
where %(as_of)s between from_day and until_day
order by unit_id, to_class desc, raise_id;

-- name: listed
-- The raises of a unit, the newest first.
select r.raise_id, r.from_class, r.to_class, r.rule, r.event_kind, r.event_ref, r.from_day, r.until_day, r.raised_at,
       i.inspection_id
from class_raises r left join inspections i on r.event_kind = 'inspection' and i.inspection_no = r.event_ref
where r.unit_id = %(unit)s order by r.raise_id desc limit %(limit)s;
