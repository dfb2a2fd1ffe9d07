-- name: latest
-- The newest day that has scores.
select max(as_of) as as_of from score_runs

-- name: has_run
-- Whether a day has scores.
select exists (select from score_runs where as_of = %(as_of)s) as found

-- name: top
-- The first units of a day's ranking, within an area.
select s.rank, u.unit_id, u.unit_no, u.name, s.score, s.risk_class, s.base_class, s.class_before, s.direct,
       s.contributions, s.points, s.values, r.headings
from scores s join units u using (unit_id) join score_runs r using (as_of)
where s.as_of = %(as_of)s and starts_with(u.area_code, %(area)s)
order by s.rank
limit %(most)s

-- name: unit
-- A unit by its number.
select unit_id, unit_no, name from units where unit_no = %(unit_no)s
