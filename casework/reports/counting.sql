-- name: by_day
-- The rows of a figure added up by part, form and day: months are told from days, which is cheaper than from each row.
select r.part, r.form, r.day, sum(r.weight) as value, count(*) as rows
from ({rows}) r group by 1, 2, 3;

-- name: by_area
-- The rows of a figure added up by part, form and area.
select r.part, r.form, r.area_code, sum(r.weight) as value, count(*) as rows
from ({rows}) r group by 1, 2, 3;
