-- name: head
-- Where a case lies and who handles it, within the viewer's areas.
select case_id, unit_id, area_code, officers, regime, standing from cases where case_no = %(number)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]));

-- name: unit
-- A unit by its number, within the viewer's areas.
select unit_id from units where unit_no = %(number)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]));

-- name: page
-- Cases of some areas in some standings, the newest first: each area and standing by its index, then the newest of all.
select k.case_id
from unnest(%(codes)s::text[]) as area (code) cross join unnest(%(standings)s::text[]) as stand (standing)
cross join lateral (
    select case_id from cases where area_code = area.code and cases.standing = stand.standing
      and (%(before)s::bigint is null or case_id < %(before)s) order by case_id desc limit %(limit)s) k
order by k.case_id desc limit %(limit)s;

-- name: of_unit
-- Cases of one unit, the newest first.
select c.case_id from cases c
where c.unit_id = %(unit)s and c.area_code = any(%(codes)s::text[]) and c.standing = any(%(standings)s::text[])
  and (%(before)s::bigint is null or c.case_id < %(before)s)
order by c.case_id desc limit %(limit)s;

-- name: late
-- Cases with a period that has run out, the newest filed first: those of the 2,000 periods that ran out longest ago,
-- read by the index of those that run.
with longest as (
    select ref from clocks
    where done_at is null and dropped_at is null and due_at < %(now)s and noun = 'case'
      and area_code = any(%(codes)s::text[]) and (%(unit)s::bigint is null or unit_id = %(unit)s)
    order by due_at limit 2000
)
select c.case_id from (select distinct ref from longest) r join cases c on c.case_no = r.ref
where (%(before)s::bigint is null or c.case_id < %(before)s)
order by c.case_id desc limit %(limit)s;

-- name: rows
-- Cases as lists show them, in the order in which they are named, each with the period that ends first.
select c.case_id, c.case_no, c.unit_id, u.unit_no, u.name as unit_name, c.area_code,
       a.name_zh as area_zh, a.name_en as area_en, c.party, c.regime, c.procedure, c.article, c.filed_on, c.standing,
       c.decided_on, c.closed_on,
       d.due_rule, d.due_at, coalesce(d.due_at < %(now)s, false) as late
from unnest(%(ids)s::bigint[]) with ordinality as picked (case_id, place)
join cases c using (case_id) join units u using (unit_id) join areas a on a.area_code = c.area_code
left join lateral (select rule as due_rule, due_at from clocks where noun = 'case' and ref = c.case_no
                   and done_at is null and dropped_at is null order by clocks.due_at limit 1) d on true
order by picked.place;
