-- name: same
-- Whether these units are that body's already.
select 1 as there from responsibilities where area_code = %(area)s and unit_kind is not distinct from %(kind)s::text
  and is_key is not distinct from %(key)s::boolean and body = %(body)s
  and department is not distinct from %(department)s::text and to_day is null;

-- name: insert
-- One row of the matrix.
insert into responsibilities (area_code, unit_kind, is_key, body, department, from_day, basis, made_by)
values (%(area)s, %(kind)s, %(key)s, %(body)s, %(department)s, %(from)s, %(basis)s, %(actor)s)
returning responsibility_id;

-- name: one
-- One row, locked.
select * from responsibilities where responsibility_id = %s for update;

-- name: end
-- The last day on which a row holds.
update responsibilities set to_day = %(day)s where responsibility_id = %(id)s;

-- name: on_day
-- Rows that hold on a day.
select r.responsibility_id, r.area_code, a.name_zh as area_zh, a.name_en as area_en, r.unit_kind, r.is_key, r.body,
    r.department, r.from_day, r.to_day, r.basis, r.made_by
from responsibilities r join areas a using (area_code)
where r.from_day <= %(day)s and coalesce(r.to_day, 'infinity') >= %(day)s
  and (%(areas)s::text[] is null or r.area_code = any(%(areas)s))
order by r.area_code, r.responsibility_id limit 500;

-- name: matrix
-- Groups of units that are alike in area, kind and key, with the bodies that answer for them.
with recursive held as (
    select r.area_code as of_area, r.area_code, r.unit_kind, r.is_key, r.body from responsibilities r
    where r.from_day <= %(day)s and coalesce(r.to_day, 'infinity') >= %(day)s
), spread as (
    select h.area_code, h.unit_kind, h.is_key, h.body from held h
    union
    select a.area_code, s.unit_kind, s.is_key, s.body from areas a join spread s on a.parent_code = s.area_code
), groups as (
    select u.area_code, u.kind, u.is_key, count(*) as units from units u
    where u.status = 'active' and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
    group by u.area_code, u.kind, u.is_key
)
select g.kind, g.is_key, g.units::bigint as units, coalesce(array_agg(distinct s.body) filter (where s.body is not null), '{}') as bodies
from groups g
left join spread s on s.area_code = g.area_code and (s.unit_kind is null or s.unit_kind = g.kind)
    and (s.is_key is null or s.is_key = g.is_key)
group by g.area_code, g.kind, g.is_key, g.units;

-- name: without
-- Units that no body answers for on a day: found by groups that are alike, since most groups have a body.
with recursive spread as (
    select r.area_code, r.unit_kind, r.is_key from responsibilities r
    where r.from_day <= %(day)s and coalesce(r.to_day, 'infinity') >= %(day)s
    union
    select a.area_code, s.unit_kind, s.is_key from areas a join spread s on a.parent_code = s.area_code
), groups as (
    select u.area_code, u.kind, u.is_key from units u
    where u.status = 'active' and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
    group by u.area_code, u.kind, u.is_key
), blind as materialized (
    select g.area_code, g.kind, g.is_key from groups g
    left join spread s on s.area_code = g.area_code and (s.unit_kind is null or s.unit_kind = g.kind)
        and (s.is_key is null or s.is_key = g.is_key)
    where s.area_code is null
)
select u.unit_id, u.unit_no, u.name as unit_name, u.kind, u.is_key, u.area_code, a.name_zh as area_zh, a.name_en as area_en
from blind b join units u on u.area_code = b.area_code and u.kind = b.kind and u.is_key = b.is_key
join areas a on a.area_code = u.area_code
where u.status = 'active' and (%(after)s::bigint is null or u.unit_id > %(after)s)
order by u.unit_id limit %(limit)s;

-- name: of_unit
-- The bodies that answer for one unit on a day, the nearest area first.
with recursive above as (
    select a.area_code, a.parent_code, 0 as height from units u join areas a using (area_code) where u.unit_id = %(unit)s
    union all
    select p.area_code, p.parent_code, above.height + 1 from areas p join above on p.area_code = above.parent_code
)
select r.body, r.department, r.area_code, r.basis, r.from_day, r.to_day
from responsibilities r join above using (area_code) join units u on u.unit_id = %(unit)s
where r.from_day <= %(day)s and coalesce(r.to_day, 'infinity') >= %(day)s
  and (r.unit_kind is null or r.unit_kind = u.kind) and (r.is_key is null or r.is_key = u.is_key)
order by above.height, r.responsibility_id;
