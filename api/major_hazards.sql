-- name: head
-- Where a major hazard lies and who handles it, within the viewer's areas.
select major_hazard_id, unit_id, officers, standing from major_hazards where major_hazard_no = %(number)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]));

-- name: unit
-- A unit by its number, within the viewer's areas.
select unit_id from units where unit_no = %(number)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]));

-- name: page
-- Of some areas in some standings, the newest first: each area and standing by its index, then the newest of all.
select k.major_hazard_id
from unnest(%(codes)s::text[]) as area (code) cross join unnest(%(standings)s::text[]) as stand (standing)
cross join lateral (
    select major_hazard_id from major_hazards where area_code = area.code and major_hazards.standing = stand.standing
      and (%(level)s::text is null or major_hazards.level = %(level)s)
      and (%(before)s::bigint is null or major_hazard_id < %(before)s) order by major_hazard_id desc limit %(limit)s) k
order by k.major_hazard_id desc limit %(limit)s;

-- name: of_unit
-- Of one unit, the newest first.
select h.major_hazard_id from major_hazards h
where h.unit_id = %(unit)s and h.area_code = any(%(codes)s::text[])
  and h.standing = any(%(standings)s::text[])
  and (%(level)s::text is null or h.level = %(level)s)
  and (%(before)s::bigint is null or h.major_hazard_id < %(before)s)
order by h.major_hazard_id desc limit %(limit)s;

-- name: rows
-- Major hazards as lists show them, in the order in which they are named, each with the period that ends first.
select h.major_hazard_id, h.major_hazard_no, h.unit_id, u.unit_no, u.name as unit_name, h.area_code,
       a.name_zh as area_zh, a.name_en as area_en, h.way, h.elements, h.found_on,
       h.standing, h.level, h.ended_on,
       d.due_rule, d.due_at, coalesce(d.due_at < %(now)s, false) as late
from unnest(%(ids)s::bigint[]) with ordinality as picked (major_hazard_id, place)
join major_hazards h using (major_hazard_id) join units u using (unit_id) join areas a on a.area_code = h.area_code
left join lateral (select rule as due_rule, due_at from clocks where noun = 'major_hazard' and ref = h.major_hazard_no
                   and done_at is null and dropped_at is null order by clocks.due_at limit 1) d on true
order by picked.place;
