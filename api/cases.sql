-- name: unit_of_unit
-- A unit by its number, within the viewer's areas.
select unit_id from units where unit_no = %(number)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]));

-- name: unit_of_complaint
-- The unit that a complaint is about, within the viewer's areas.
select u.unit_id from complaints join units u using (unit_id) where complaint_no = %(number)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: unit_of_penalty
-- The unit that a decision is against, within the viewer's areas.
select u.unit_id from penalties join units u using (unit_id) where case_no = %(number)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));
