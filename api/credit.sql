-- name: unit
-- A unit by its number, within the viewer's areas.
select unit_id, unit_no, name, uscc, area_code from units where unit_no = %(number)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]));

-- name: head
-- Whether a matter lies within the viewer's areas.
select matter_id from credit_matters where noun = %(noun)s and matter_no = %(number)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]));

-- name: noun_of
-- What a number is of, within the viewer's areas.
select noun from credit_matters where matter_no = %(number)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]));

-- name: page
-- Matters of some areas in some standings, the newest first: each area and standing by its index.
with newest as (
    select k.matter_id
    from unnest(%(codes)s::text[]) as area (code) cross join unnest(%(standings)s::text[]) as stand (standing)
    cross join lateral (
        select matter_id from credit_matters m
        where m.noun = %(noun)s and m.area_code = area.code and m.standing = stand.standing
          and (%(before)s::bigint is null or matter_id < %(before)s) order by matter_id desc limit %(limit)s) k
    order by k.matter_id desc limit %(limit)s
)
select m.matter_id, m.matter_no, m.unit_id, u.unit_no, u.name as unit_name, m.area_code, a.name_zh as area_zh,
       a.name_en as area_en, m.target, m.ref, m.began_at, m.standing, m.closed_on, d.due_rule, d.due_at,
       coalesce(d.due_at < %(now)s, false) as late
from newest join credit_matters m using (matter_id) join units u using (unit_id)
join areas a on a.area_code = m.area_code
left join lateral (select rule as due_rule, due_at from clocks where noun = %(clocks)s and ref = m.matter_no
                   and done_at is null and dropped_at is null order by clocks.due_at limit 1) d on true
order by m.matter_id desc;

-- name: of_unit
-- Matters of one unit, the newest first.
select m.matter_id, m.matter_no, m.unit_id, u.unit_no, u.name as unit_name, m.area_code, a.name_zh as area_zh,
       a.name_en as area_en, m.target, m.ref, m.began_at, m.standing, m.closed_on, d.due_rule, d.due_at,
       coalesce(d.due_at < %(now)s, false) as late
from credit_matters m join units u using (unit_id) join areas a on a.area_code = m.area_code
left join lateral (select rule as due_rule, due_at from clocks where noun = %(clocks)s and ref = m.matter_no
                   and done_at is null and dropped_at is null order by clocks.due_at limit 1) d on true
where m.unit_id = %(unit)s and m.noun = %(noun)s and m.area_code = any(%(codes)s::text[])
  and m.standing = any(%(standings)s::text[]) and (%(before)s::bigint is null or m.matter_id < %(before)s)
order by m.matter_id desc limit %(limit)s;

-- name: late
-- Matters with a period that has run out, the newest first, read from the periods that run.
with ran_out as (
    select ref, min(due_at) as due_at, min(rule) as rule from clocks
    where done_at is null and dropped_at is null and due_at < %(now)s and noun = %(clocks)s
      and area_code = any(%(codes)s::text[]) and (%(unit)s::bigint is null or unit_id = %(unit)s)
    group by ref
)
select m.matter_id, m.matter_no, m.unit_id, u.unit_no, u.name as unit_name, m.area_code, a.name_zh as area_zh,
       a.name_en as area_en, m.target, m.ref, m.began_at, m.standing, m.closed_on, r.rule as due_rule, r.due_at,
       true as late
from ran_out r join credit_matters m on m.matter_no = r.ref join units u using (unit_id)
join areas a on a.area_code = m.area_code
where %(before)s::bigint is null or m.matter_id < %(before)s
order by m.matter_id desc limit %(limit)s;
