-- name: head
-- Where a measure lies and who handles it, within the viewer's areas.
select measure_id, unit_id, officers, standing from measures where measure_no = %(number)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]));

-- name: unit
-- A unit by its number, or by a case against it, within the viewer's areas.
select u.unit_id from units u
where case when %(number)s::text is not null then u.unit_no = %(number)s
           else u.unit_id = (select unit_id from cases where case_no = %(case)s) end
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: page
-- Of some areas in some standings, the newest first: each area and standing by its index, then the newest of all.
select k.measure_id
from unnest(%(codes)s::text[]) as area (code) cross join unnest(%(standings)s::text[]) as stand (standing)
cross join lateral (
    select measure_id from measures where area_code = area.code and measures.standing = stand.standing
      and (%(kind)s::text is null or measures.kind = %(kind)s)
      and (%(before)s::bigint is null or measure_id < %(before)s) order by measure_id desc limit %(limit)s) k
order by k.measure_id desc limit %(limit)s;

-- name: of_unit
-- Of one unit, the newest first.
select m.measure_id from measures m
where m.unit_id = %(unit)s and m.area_code = any(%(codes)s::text[])
  and m.standing = any(%(standings)s::text[])
  and (%(kind)s::text is null or m.kind = %(kind)s)
  and (%(before)s::bigint is null or m.measure_id < %(before)s)
order by m.measure_id desc limit %(limit)s;

-- name: rows
-- Measures as lists show them, in the order in which they are named, each with the period that ends first.
select m.measure_id, m.measure_no, m.unit_id, u.unit_no, u.name as unit_name, m.area_code,
       a.name_zh as area_zh, a.name_en as area_en, m.kind, m.path, m.ground, m.scope, m.began_on,
       m.until_on, m.standing, m.ended_on,
       d.due_rule, d.due_at, coalesce(d.due_at < %(now)s, false) as late
from unnest(%(ids)s::bigint[]) with ordinality as picked (measure_id, place)
join measures m using (measure_id) join units u using (unit_id) join areas a on a.area_code = m.area_code
left join lateral (select rule as due_rule, due_at from clocks where noun = 'measure' and ref = m.measure_no
                   and done_at is null and dropped_at is null order by clocks.due_at limit 1) d on true
order by picked.place;
