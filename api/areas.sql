-- name: choices
-- Areas of an account in the order of the tree.
select area_code, parent_code, level, name_zh, name_en,
       case level when 'city' then 0 when 'district' then 1 else 2 end as depth
from areas
where %(areas)s::text[] is null or area_code = any(%(areas)s::text[])
order by rpad(area_code, 12, '0'), length(area_code)
limit %(limit)s;
