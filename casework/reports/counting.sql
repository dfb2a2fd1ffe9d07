-- name: by_day
-- The rows of figures added up by part, form and day: months are told from days, which is cheaper than from each row.
select r.part, r.form, r.day, {sums}
from ({rows}) r where %(parts)s::text[] is null or r.part = any(%(parts)s) group by 1, 2, 3;

-- name: by_area
-- The rows of figures added up by part, form and area.
select r.part, r.form, r.area_code, {sums}
from ({rows}) r where %(parts)s::text[] is null or r.part = any(%(parts)s) group by 1, 2, 3;
