-- name: listed
-- Which audits there are, the latest day first.
select audit_id, as_of, model_no, outcome, made_by, made_at
from audits order by as_of desc, audit_id desc limit %(most)s;

-- name: one
-- An audit with all it found; the one of the latest day if none is named.
select audit_id, as_of, model_no, outcome, policy_version, made_by, made_at, content
from audits where %(audit)s::bigint is null or audit_id = %(audit)s
order by as_of desc, audit_id desc limit 1;
