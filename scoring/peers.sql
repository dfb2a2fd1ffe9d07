-- name: peers
-- Critical findings before the day, by what units have in common: their kind, their area, the value of an attribute.
with found as (
    select inspection_id, count(*) as critical from hazards
    where severity = 'critical' and found_on < %(as_of)s group by inspection_id
), visit as (
    select i.unit_id, i.team, power(0.5, (%(as_of)s::date - i.inspected_on) / %(half_life)s::float8) as weight,
           coalesce(f.critical, 0) as critical
    from full_visits i left join found f using (inspection_id)
    where i.inspected_on < %(as_of)s
      and i.inspected_on >= %(as_of)s::date - %(memory)s::integer
), unit as (
    select unit_id, team, sum(weight) as weight, sum(weight * least(critical, %(most_critical)s)) as critical
    from visit group by unit_id, team
)
select facet.key, facet.value, team, sum(weight) as weight, sum(critical) as critical
from unit join units u using (unit_id)
cross join lateral (
    select 'kind' as key, u.kind as value union all select 'area', u.area_code
    union all select 'attribute:' || held.key, held.value from jsonb_each_text(u.attributes) held
              where held.key = any(%(attributes)s) and held.value <> ''
) facet
group by facet.key, facet.value, team

-- name: cells
-- Critical findings before the day by square of the map, of the squares named (all without a list). The rows of squares
-- are as high as they are wide in the middle of each row.
with found as (
    select inspection_id, count(*) as critical from hazards
    where severity = 'critical' and found_on < %(as_of)s group by inspection_id
), visit as (
    select i.unit_id, i.team, power(0.5, (%(as_of)s::date - i.inspected_on) / %(half_life)s::float8) as weight,
           coalesce(f.critical, 0) as critical
    from full_visits i left join found f using (inspection_id)
    where i.inspected_on < %(as_of)s
      and i.inspected_on >= %(as_of)s::date - %(memory)s::integer
), place as (
    select unit_id, floor(lon * cos(radians((line + 0.5) * %(cell)s::float8 / 111320)) * 111320 / %(cell)s)::bigint as x, line as y
    from (select unit_id, lon, floor(lat * 111320 / %(cell)s)::bigint as line from units
          where lon is not null and lat is not null) placed
)
select x, y, team, sum(weight) as weight, sum(weight * least(critical, %(most_critical)s)) as critical
from visit join place using (unit_id)
where %(xs)s::bigint[] is null or (x, y) in (select * from unnest(%(xs)s::bigint[], %(ys)s::bigint[]))
group by x, y, team

-- name: followed
-- For each item found at a visit that was followed by another before the day: critical findings of that next visit, by
-- the team that made it.
with found as (
    select inspection_id, count(*) as critical from hazards
    where severity = 'critical' and found_on < %(as_of)s group by inspection_id
), visit as (
    select i.inspection_id, i.unit_id, lead(i.team) over next as team, lead(i.inspection_id) over next as following
    from full_visits i
    where i.inspected_on < %(as_of)s
      and i.inspected_on >= %(as_of)s::date - %(memory)s::integer
    window next as (partition by i.unit_id order by i.inspected_on, i.inspection_id)
), after as (
    select v.inspection_id, v.team, least(coalesce(f.critical, 0), %(most_critical)s) as critical
    from visit v left join found f on f.inspection_id = v.following
    where v.following is not null
)
select h.item_code, a.team, count(*)::float8 as visits, sum(a.critical)::float8 as critical
from after a join hazards h using (inspection_id)
where h.found_on < %(as_of)s
group by h.item_code, a.team

-- name: items
-- The items found at each unit before the day, each with what it foretold elsewhere, weighing less the longer ago.
select h.unit_id, sum(power(0.5, (%(as_of)s::date - i.inspected_on) / %(half_life)s::float8) * told.lift) as told
from full_visits i
join hazards h using (inspection_id)
join unnest(%(items)s::text[], %(lifts)s::float8[]) told(item_code, lift) on told.item_code = h.item_code
where i.inspected_on < %(as_of)s and h.found_on < %(as_of)s
  and i.inspected_on >= %(as_of)s::date - %(memory)s::integer
  and (%(units)s::bigint[] is null or i.unit_id = any(%(units)s))
group by h.unit_id

-- name: operators
-- The critical findings of all units of one operator (the attribute operator, else the unified social credit code), as
-- in visits: of the operators named (all without a list) that have more than one unit. The expression is that of the
-- index units_operator.
with shared as (
    select coalesce(nullif(attributes ->> 'operator', ''), uscc) as operator
    from units
    where case when %(operators)s::text[] is null then coalesce(nullif(attributes ->> 'operator', ''), uscc) is not null
               else coalesce(nullif(attributes ->> 'operator', ''), uscc) = any(%(operators)s) end
    group by 1 having count(*) > 1
), found as (
    select i.unit_id, s.operator, i.team, i.inspection_id,
           power(0.5, (%(as_of)s::date - i.inspected_on) / %(half_life)s::float8) as weight
    from shared s
    join units u on coalesce(nullif(u.attributes ->> 'operator', ''), u.uscc) = s.operator
    join full_visits i using (unit_id)
    where i.inspected_on < %(as_of)s
      and i.inspected_on >= %(as_of)s::date - %(memory)s::integer
)
select f.operator, f.team, sum(f.weight) as weight,
       sum(f.weight * least(coalesce(h.critical, 0), %(most_critical)s)) as critical
from found f
left join lateral (
    select count(*) as critical from hazards
    where hazards.inspection_id = f.inspection_id and severity = 'critical' and found_on < %(as_of)s
) h on true
group by f.operator, f.team
