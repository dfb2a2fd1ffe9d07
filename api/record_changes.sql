-- name: areas_of_unit
-- Where a unit lies.
select array[area_code] as areas from units where unit_no = %s;

-- name: areas_of_officer
-- Where an officer inspects.
select area_codes as areas from officers where officer_no = %s;
