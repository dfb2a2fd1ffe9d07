-- name: put
-- Fewest yearly visits to a kind of unit, from a day on.
insert into station_quotas (area_code, unit_kind, from_day, yearly, basis, made_by)
values (%(area)s, %(kind)s, %(from)s, %(yearly)s, %(basis)s, %(actor)s)
on conflict do nothing returning unit_kind;

-- name: quotas
-- The quota of each kind that holds for an area on a day: its own goes before those above it.
with recursive above as (
    select area_code, parent_code, 0 as height from areas where area_code = %(area)s
    union all
    select p.area_code, p.parent_code, above.height + 1 from areas p join above on p.area_code = above.parent_code
)
select distinct on (s.unit_kind) s.unit_kind, s.yearly, s.basis, s.from_day, s.area_code
from station_quotas s join above using (area_code) where s.from_day <= %(day)s
order by s.unit_kind, above.height, s.from_day desc;

-- name: beneath
-- An area with everything beneath it.
with recursive beneath as (
    select area_code from areas where area_code = %s
    union all
    select a.area_code from areas a join beneath b on a.parent_code = b.area_code
)
select area_code from beneath;

-- name: pace
-- By kind: units, visits asked for in the year, and those done by a day; more than asked for at one unit count no more.
-- All units are gone through once, each looked up among those visited; what second visits add is few and met one by one.
with wanted as (
    select * from unnest(%(kinds)s::text[], %(yearly)s::int[]) as w (kind, yearly)
), visited as materialized (
    select i.unit_id, count(*) as visits from inspections i
    where i.kind = 'daily' and i.status = 'done' and i.inspected_on between %(first)s and %(day)s
      and not exists (select from town_acts t where t.inspection_id = i.inspection_id and t.body = 'town')
    group by i.unit_id
), held as (
    select u.kind, count(*) as units, count(*) filter (where u.unit_id in (select unit_id from visited)) as once
    from units u
    where u.kind = any(%(kinds)s::text[]) and u.area_code = any(%(areas)s) and u.status = 'active' and not u.is_key
    group by u.kind
), again as (
    select w.kind, sum(least(v.visits, w.yearly) - 1) as more, count(*) filter (where v.visits >= w.yearly) as reached
    from visited v join units u using (unit_id) join wanted w on w.kind = u.kind
    where v.visits >= 2 and w.yearly >= 2
      and u.area_code = any(%(areas)s) and u.status = 'active' and not u.is_key
    group by w.kind
)
select w.kind, w.yearly, coalesce(h.units, 0) as units, w.yearly * coalesce(h.units, 0) as asked,
    case when w.yearly = 0 then 0 else coalesce(h.once, 0) + coalesce(a.more, 0) end::bigint as done,
    case w.yearly when 0 then 0 when 1 then coalesce(h.units - h.once, 0)
                  else coalesce(h.units, 0) - coalesce(a.reached, 0) end as missing
from wanted w left join held h using (kind) left join again a using (kind)
order by w.kind;

-- name: missing
-- Units that still wait for visits of the year, by number of the row.
with wanted as (
    select * from unnest(%(kinds)s::text[], %(yearly)s::int[]) as w (kind, yearly)
)
select u.unit_id, u.unit_no, u.name, u.kind, u.area_code, w.yearly, coalesce(d.visits, 0) as visits, d.last
from units u join wanted w on w.kind = u.kind
cross join lateral (select count(*) as visits, max(i.inspected_on) as last from inspections i
    where i.unit_id = u.unit_id and i.kind = 'daily' and i.status = 'done' and i.inspected_on between %(first)s and %(day)s
      and not exists (select from town_acts t where t.inspection_id = i.inspection_id and t.body = 'town')) d
where u.area_code = any(%(areas)s) and u.status = 'active' and not u.is_key and d.visits < w.yearly
  and (%(after)s::bigint is null or u.unit_id > %(after)s)
order by u.unit_id limit %(limit)s;
