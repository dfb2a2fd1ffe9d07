-- name: visit
-- A visit of some areas.
select i.inspection_id from inspections i join units u using (unit_id)
where i.inspection_no = %(number)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s));

-- name: districts
-- Districts of some areas.
select area_code, name_zh, name_en from areas
where level = 'district' and (%(areas)s::text[] is null or area_code = any(%(areas)s)) order by area_code limit 50;
