-- name: drawn_that_day
-- Units that any draw has planned a visit at on a day, whatever became of it.
select distinct u.unit_no from inspections i join units u using (unit_id)
where i.planned_on = %s and i.draw_no is not null;

-- name: drawn_of_list
-- Every object that a list and the replacements in it have drawn.
with recursive line as (
    select draw_id from draws where draw_id = %s
    union
    select d.draw_id from line join draws d on d.of_draw = line.draw_id
)
select distinct v.object_no from line join list_visits v using (draw_id);

-- name: gone
-- Of these objects, those that have left the directory of their department.
select o.object_no from joint_objects o
where o.department = %(department)s and o.object_no = any(%(objects)s) and not o.active;
