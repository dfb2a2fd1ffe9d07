-- name: search
-- Units that fit a filter, by number.
select u.*, a.name_zh as area_name_zh, a.name_en as area_name_en
from units u join areas a using (area_code)
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
    and (%(kind)s::text is null or u.kind = %(kind)s)
    and (%(is_key)s::bool is null or u.is_key = %(is_key)s)
    and (%(is_crowded)s::bool is null or u.is_crowded = %(is_crowded)s)
    and (%(is_high_hazard)s::bool is null or u.is_high_hazard = %(is_high_hazard)s)
    and (%(status)s::text is null or u.status = %(status)s)
    and (%(pattern)s::text is null or u.unit_no ilike %(pattern)s or u.name ilike %(pattern)s
        or u.uscc ilike %(pattern)s or u.address ilike %(pattern)s)
order by u.unit_no
limit %(limit)s offset %(offset)s

-- name: count
-- How many units fit the same filter.
select count(*) as total
from units u
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
    and (%(kind)s::text is null or u.kind = %(kind)s)
    and (%(is_key)s::bool is null or u.is_key = %(is_key)s)
    and (%(is_crowded)s::bool is null or u.is_crowded = %(is_crowded)s)
    and (%(is_high_hazard)s::bool is null or u.is_high_hazard = %(is_high_hazard)s)
    and (%(status)s::text is null or u.status = %(status)s)
    and (%(pattern)s::text is null or u.unit_no ilike %(pattern)s or u.name ilike %(pattern)s
        or u.uscc ilike %(pattern)s or u.address ilike %(pattern)s)

-- name: by_no
-- One unit by its number.
select u.*, a.name_zh as area_name_zh, a.name_en as area_name_en
from units u join areas a using (area_code)
where u.unit_no = %s

-- name: by_id
-- One unit by its identity.
select u.*, a.name_zh as area_name_zh, a.name_en as area_name_en
from units u join areas a using (area_code)
where u.unit_id = %s
