-- name: facts
-- What each unit is: words first, then numbers. Without a list: the active units registered by the day.
select unit_id, unit_no, kind, left(area_code, 6) as district, area_code,
       coalesce(nullif(attributes ->> 'operator', ''), uscc) as operator,
       lon, lat, is_key, is_crowded, is_high_hazard, sleeping, dangerous_goods, floor_area_m2, storeys, height_m, occupants,
       case when built_year <= extract(year from %(as_of)s::date) then extract(year from %(as_of)s::date) - built_year
       end::float8 as age_years,
       case when registered_on < %(as_of)s then %(as_of)s::date - registered_on end::float8 as registered_days
from units
where case when %(units)s::bigint[] is null
           then status = 'active' and (registered_on is null or registered_on <= %(as_of)s)
           else unit_id = any(%(units)s) end
order by unit_id

-- name: attribute_kinds
-- What the attributes of the register hold: how many units have each, how many values it takes, dates, numbers.
select key, sum(units)::bigint as filled, count(*) as distinct_values,
       bool_and(value ~ '^\d{4}-\d\d-\d\d') as are_dates,
       bool_and(value ~ '^-?\d{1,15}(\.\d{1,15})?$') as are_numbers
from (
    select key, value, count(*) as units from units cross join lateral jsonb_each_text(attributes) held(key, value)
    where key <> 'operator' and value <> '' group by key, value
) held
group by key
order by key

-- name: attributes
-- What the attributes named hold at each unit.
select unit_id, key, value
from units cross join lateral jsonb_each_text(attributes) held(key, value)
where key = any(%(attributes)s) and (%(units)s::bigint[] is null or unit_id = any(%(units)s))
