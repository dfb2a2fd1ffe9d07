-- name: units
-- Active units as the register has them, each column in one piece: numbers one a line, ids of eight bytes, places among
-- the areas and kinds of four.
with places as (
    select area_code, (row_number() over (order by area_code collate "C") - 1)::int as place from areas
)
select count(*)::int as rows, string_agg(int8send(u.unit_id), '') as unit_id, string_agg(u.unit_no, E'\n') as unit_no,
       string_agg(int4send(p.place), '') as area,
       string_agg(int4send(case when not u.is_key then 2 when u.is_crowded then 0 else 1 end), '') as kind
from units u join places p using (area_code)
where u.status = 'active';

-- name: scores
-- Scores of a day: the class as its letter's number, the score as it is.
select count(*)::int as rows, string_agg(int8send(unit_id), '') as unit_id,
       string_agg(int4send(ascii(risk_class) - 65), '') as risk_class, string_agg(float8send(score), '') as score
from scores where as_of = %(as_of)s;

-- name: raised
-- Classes raised by what happened since the scores, or for longer than a night.
select unit_id, ascii(max(to_class)) - 65 as risk_class
from class_raises
where from_day <= %(day)s and (until_day >= %(day)s or from_day > %(as_of)s)
group by unit_id;

-- name: counted
-- Counted visits of each unit: those of the year, days since the last, and whether one is planned and still open.
with counted as (
    select i.unit_id,
           count(*) filter (where coalesce(i.inspected_on, i.planned_on) >= %(year_start)s)::int as visits,
           greatest(0, %(day)s::date - max(coalesce(i.inspected_on, i.planned_on))) as ago,
           bool_or(i.status = 'planned')::int as planned
    from inspections i
    where i.kind = any(%(kinds)s)
      and ((i.status = 'done' and i.inspected_on < %(day)s)
        or (i.status = 'planned' and i.planned_on >= %(open_since)s and i.planned_on <= %(year_end)s))
    group by i.unit_id
)
select count(*)::int as rows, string_agg(int8send(unit_id), '') as unit_id, string_agg(int4send(visits), '') as visits,
       string_agg(int4send(ago), '') as ago, string_agg(int4send(planned), '') as planned
from counted;
