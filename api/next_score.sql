-- name: before
-- The newest score that could not yet know of a visit on the day: a score as of a day knows what came before it.
select score, risk_class, as_of from scores
where unit_id = %(unit_id)s and as_of <= %(day)s order by as_of desc limit 1;
