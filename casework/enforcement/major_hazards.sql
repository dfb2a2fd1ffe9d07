-- name: visit
-- The visit that found it.
select inspection_id, unit_id from inspections where inspection_no = %s;

-- name: same
-- A major hazard of a unit with the same elements that has not ended.
select major_hazard_no from major_hazards
where unit_id = %(unit)s and elements = %(elements)s and standing in ('found', 'determined', 'listed') limit 1;

-- name: insert
-- One finding, of the area in which its unit lies now.
insert into major_hazards (major_hazard_no, unit_id, area_code, inspection_id, way, elements, officers, found_at, found_on,
                           entered_by)
select %(number)s, u.unit_id, u.area_code, %(inspection)s, %(way)s, %(elements)s, %(officers)s, %(found_at)s, %(day)s,
       %(actor)s
from units u where u.unit_id = %(unit)s
returning major_hazard_id, area_code;

-- name: locked
-- One major hazard with its unit, locked.
select h.*, u.unit_no, u.is_key from major_hazards h join units u using (unit_id)
where h.major_hazard_no = %s for update of h;

-- name: one
-- One major hazard for reading.
select h.major_hazard_id, h.major_hazard_no, h.unit_id, u.unit_no, u.name as unit_name, u.is_key, h.area_code,
       a.name_zh as area_zh, a.name_en as area_en, h.inspection_id, i.inspection_no, h.way, h.elements, h.officers,
       h.found_at, h.found_on, h.standing, h.level, h.ended_on, h.entered_by, h.entered_at
from major_hazards h join units u using (unit_id) join areas a on a.area_code = h.area_code
left join inspections i on i.inspection_id = h.inspection_id
where h.major_hazard_no = %s;

-- name: stand
-- Where a major hazard stands after a step.
update major_hazards set standing = %(standing)s, level = coalesce(%(level)s, level), ended_on = %(ended)s
where major_hazard_id = %(hazard)s;
