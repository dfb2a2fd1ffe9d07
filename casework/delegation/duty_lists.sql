-- name: insert
-- One line of a duty list.
insert into duty_lists (area_code, item_code, list, from_day, basis, made_by)
values (%(area)s, %(item)s, %(list)s, %(from)s, %(basis)s, %(actor)s)
on conflict do nothing returning duty_id;

-- name: item
-- Whether the catalogue has an item on a day.
select 1 from inspection_items where item_code = %(item)s and valid_from <= %(day)s
and (valid_to is null or valid_to >= %(day)s) limit 1;

-- name: on_day
-- The line that holds for each item of some areas on a day.
select distinct on (d.area_code, d.item_code) d.area_code, d.item_code, i.name_zh, i.name_en, d.list, d.from_day, d.basis,
    d.made_by
from duty_lists d
left join lateral (select name_zh, name_en from inspection_items i where i.item_code = d.item_code
                   order by i.valid_from desc limit 1) i on true
where d.area_code = any(%(areas)s) and d.from_day <= %(day)s
order by d.area_code, d.item_code, d.from_day desc
limit %(limit)s;
