-- name: by_number
-- A visit by its number, within the viewer's areas.
select i.inspection_id from inspections i join units u using (unit_id)
where i.inspection_no = %(number)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: last_sheet
-- The facts of a unit's latest record that are true of the place rather than of the day.
select s.responsible_person, s.responsible_phone, s.manager, s.manager_phone, s.floor_area_m2, s.storeys, s.storeys_below,
       s.height_m
from inspections i join inspection_sheets s using (inspection_id)
where i.unit_id = %(unit)s order by i.inspected_on desc, i.inspection_id desc limit 1;
