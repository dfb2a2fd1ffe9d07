-- name: known_areas
-- Which of some area codes are registered.
select area_code as key from areas where area_code = any(%s)

-- name: known_vendors
-- Which of some vendor codes are registered.
select vendor_code as key from vendors where vendor_code = any(%s)

-- name: known_units
-- Which of some unit numbers are registered.
select unit_no as key from units where unit_no = any(%s)

-- name: known_officers
-- Which of some officer numbers are registered.
select officer_no as key from officers where officer_no = any(%s)

-- name: area_tree
-- Every area with its level and the area above it.
select area_code, level, parent_code from areas
