-- name: run_of
-- The run that stands for a day.
select policy_version, units from score_runs where as_of = %(as_of)s

-- name: stage
-- Where the scores of a run wait to be compared with those that stand.
create temp table fresh_scores (like scores including defaults) on commit drop

-- name: differing
-- Units whose score would not be the same as the one that stands.
select count(*) as units
from fresh_scores f full join (select * from scores where as_of = %(as_of)s) s using (unit_id)
where f.unit_id is null or s.unit_id is null
   or (f.score, f.rank, f.risk_class, f.base_class, f.direct, f.override_id) is distinct from
      (s.score, s.rank, s.risk_class, s.base_class, s.direct, s.override_id)
   or (f.points, f.values) is distinct from (s.points, s.values)
   or (f.noncompliance, f.ignition, f.consequence) is distinct from (s.noncompliance, s.ignition, s.consequence)

-- name: clear
-- Take the scores of a day away, to put new ones in their place.
delete from scores where as_of = %(as_of)s

-- name: settle
-- The staged scores become those of the day.
insert into scores (unit_id, as_of, score, rank, risk_class, base_class, direct, noncompliance, ignition, consequence,
    probability, points, values, override_id, class_before)
select unit_id, as_of, score, rank, risk_class, base_class, direct, noncompliance, ignition, consequence, probability,
    points, values, override_id, class_before
from fresh_scores

-- name: note_run
-- What was run, with which rules.
insert into score_runs (as_of, model, policy_version, units, means, headings, started_at)
values (%(as_of)s, %(model)s, %(version)s, %(units)s, %(means)s, %(headings)s, %(started)s)
on conflict (as_of) do update set model = excluded.model, policy_version = excluded.policy_version,
    units = excluded.units, means = excluded.means,
    headings = excluded.headings, started_at = excluded.started_at, computed_at = now()
