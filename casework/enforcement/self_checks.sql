-- name: item
-- Whether the catalogue had an item on a day.
select 1 as known from inspection_items
where item_code = %(item)s and valid_from <= %(day)s and (valid_to is null or valid_to >= %(day)s) limit 1;

-- name: same
-- The same hazard reported before.
select self_check_id from self_checks
where unit_id = %(unit)s and item_code = %(item)s and found_on = %(day)s limit 1;

-- name: insert
-- One hazard that a unit reports of itself.
insert into self_checks (unit_id, item_code, found_on, reported_at, corrected_on, evidence, note, entered_by)
values (%(unit)s, %(item)s, %(found)s, %(reported)s, %(corrected)s, %(evidence)s, %(note)s, %(actor)s)
returning self_check_id;

-- name: locked
-- One report, locked.
select found_on, corrected_on from self_checks where self_check_id = %s for update;

-- name: correct
-- The day on which it was corrected.
update self_checks set corrected_on = %(day)s where self_check_id = %(id)s;
