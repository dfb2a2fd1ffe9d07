-- name: store
-- An audit as it was made.
insert into audits (as_of, model_no, outcome, policy_version, content, made_by)
values (%(as_of)s, %(model_no)s, %(outcome)s, %(version)s, %(content)s, %(by)s)
returning audit_id

-- name: listed
-- Which audits there are, the latest day first.
select audit_id, as_of, model_no, outcome, policy_version, made_by, made_at
from audits order by as_of desc, audit_id desc limit %(most)s

-- name: one
-- One audit with all it found, or the latest.
select audit_id, as_of, model_no, outcome, policy_version, made_by, made_at, content
from audits where %(audit)s::bigint is null or audit_id = %(audit)s
order by as_of desc, audit_id desc limit 1

-- name: of_model
-- The latest audit of a model.
select audit_id, as_of, content from audits where model_no = %(model_no)s order by as_of desc, audit_id desc limit 1

-- name: divided
-- By what the visited units are divided: district, kind and size, as the register has them now.
select unit_id, left(area_code, 6) as district, kind, floor_area_m2, occupants
from units where unit_id = any(%(units)s::bigint[])

-- name: districts
-- What the districts are called.
select area_code, name_zh, coalesce(name_en, name_zh) as name_en from areas
where area_code = any(%(codes)s::text[])

-- name: weeks
-- The newest ranking that was kept in each of the last weeks before a day, the oldest first.
select distinct on (week) r.as_of, r.model
from score_runs r
cross join lateral (select (%(as_of)s::date - r.as_of) / 7 as week) w
where r.as_of <= %(as_of)s and r.as_of > %(as_of)s::date - 7 * (%(weeks)s + 1)
order by week desc, r.as_of desc

-- name: ranking
-- The ranking of a day by columns.
select array_agg(unit_id order by unit_id) as unit, array_agg(rank order by unit_id) as rank,
       array_agg(risk_class::text order by unit_id) as risk_class
from scores where as_of = %(as_of)s
