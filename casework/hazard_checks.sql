-- name: items_on
-- Which of some items are in the catalogue on a day, with their severity.
select distinct on (item_code) item_code, severity from inspection_items
where item_code = any(%(items)s) and valid_from <= %(day)s and (valid_to is null or valid_to >= %(day)s)
order by item_code, valid_from desc;
