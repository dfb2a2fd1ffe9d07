-- name: by_month
-- The rows of a figure added up by part, form and month.
select r.part, r.form, date_trunc('month', r.day)::date as month, sum(r.weight) as value, count(*) as rows
from ({rows}) r group by 1, 2, 3;

-- name: by_area
-- The rows of a figure added up by part, form and area.
select r.part, r.form, r.area_code, sum(r.weight) as value, count(*) as rows
from ({rows}) r group by 1, 2, 3;
