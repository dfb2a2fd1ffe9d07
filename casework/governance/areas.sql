-- name: units_of
-- Units by number that lie in an area or beneath it.
with recursive beneath as (
    select area_code from areas where area_code = %(area)s
    union all
    select a.area_code from areas a join beneath b on a.parent_code = b.area_code
)
select unit_no, unit_id from units where unit_no = any(%(units)s) and area_code in (select area_code from beneath);

-- name: same
-- Whether an area of this name is listed.
select 1 as there from risk_areas where area_code = %(area)s and name = %(name)s and kind = %(kind)s and ended_on is null;

-- name: insert
-- One area.
insert into risk_areas (risk_area_no, kind, area_code, name, boundary, basis, from_day, made_by)
values (%(number)s, %(kind)s, %(area)s, %(name)s, %(boundary)s, %(basis)s, %(from)s, %(actor)s);

-- name: add_unit
-- One unit in an area.
insert into risk_area_units (risk_area_no, unit_id) values (%s, %s);

-- name: locked
-- One area, locked.
select * from risk_areas where risk_area_no = %s for update;

-- name: end
-- The first day on which an area is listed no more.
update risk_areas set ended_on = %(day)s, ended_why = %(why)s where risk_area_no = %(number)s;

-- name: results
-- The units of an area with their newest visit since it was listed and the hazards that stand.
select u.unit_id, u.unit_no, u.name as unit_name, v.inspection_id, v.inspection_no, v.inspected_on, coalesce(h.open, 0) as open_hazards,
    case when v.inspection_id is null then 'not_inspected' when coalesce(h.open, 0) > 0 then 'hazards_open'
         when coalesce(h.found, 0) > 0 then 'treated' else 'none' end as result
from risk_areas r join risk_area_units x using (risk_area_no) join units u using (unit_id)
left join lateral (
    select i.inspection_id, i.inspection_no, i.inspected_on from inspections i
    where i.unit_id = x.unit_id and i.status = 'done' and i.inspected_on >= r.from_day
      and (r.ended_on is null or i.inspected_on <= r.ended_on)
    order by i.inspected_on desc, i.inspection_id desc limit 1) v on true
left join lateral (
    select count(*) as found, count(*) filter (where z.corrected_on is null) as open from hazards z
    where z.unit_id = x.unit_id and z.found_on >= r.from_day and (r.ended_on is null or z.found_on <= r.ended_on)) h
    on v.inspection_id is not null
where r.risk_area_no = %s
order by u.unit_no limit 5000;

-- name: on_day
-- Areas that were listed on a day, with how many units lie in each.
select r.risk_area_no, r.kind, r.area_code, a.name_zh as area_zh, a.name_en as area_en, r.name, r.boundary, r.basis,
    r.from_day, r.ended_on, r.ended_why, r.made_by, r.made_at,
    (select count(*) from risk_area_units x where x.risk_area_no = r.risk_area_no) as units,
    r.from_day <= %(day)s and coalesce(r.ended_on, 'infinity') > %(day)s as listed
from risk_areas r join areas a using (area_code)
where (%(kind)s::text is null or r.kind = %(kind)s)
  and (%(areas)s::text[] is null or r.area_code = any(%(areas)s))
  and r.from_day <= %(day)s and (%(state)s = 'all' or coalesce(r.ended_on, 'infinity') > %(day)s)
  and (%(after)s::text is null or r.risk_area_no > %(after)s)
order by r.risk_area_no limit %(limit)s;

-- name: one
-- One area.
select r.risk_area_no, r.kind, r.area_code, a.name_zh as area_zh, a.name_en as area_en, r.name, r.boundary, r.basis,
    r.from_day, r.ended_on, r.ended_why, r.made_by, r.made_at
from risk_areas r join areas a using (area_code)
where r.risk_area_no = %(number)s and (%(areas)s::text[] is null or r.area_code = any(%(areas)s));
