-- name: held
-- A list draw by its number; the lock of the chain keeps others from it.
select draw_id, draw_no, kind, title, status, frame, commitment, record_hash, drawn_at, frozen_at, of_draw, list_id,
       sequence
from draws where draw_no = %s and kind <> 'daily';

-- name: after
-- A daily draw of one of these days whose frame was frozen after a list's: it counts on the same officers.
select draw_no, draw_date from draws
where kind = 'daily' and sequence > %(sequence)s and draw_date = any(%(days)s) order by draw_date;

-- name: unit_ids
-- Identifiers of units by number.
select unit_no, unit_id, name from units where unit_no = any(%s);

-- name: finish
-- The draw becomes final: the trigger refuses any later change.
select finish_list(%(draw_id)s, %(entropy)s, %(seed)s, %(bundle)s, %(record_hash)s, %(now)s) as draw_id;

-- name: insert_visit
-- A visit of a list, as drawn.
insert into list_visits (draw_id, position, object_no, name, unit_id, planned_on, probability, stands_for, replaces,
                         inspection_id)
values (%(draw_id)s, %(position)s, %(object_no)s, %(name)s, %(unit_id)s, %(day)s, %(probability)s, %(stands_for)s,
        %(replaces)s, %(inspection_id)s);

-- name: insert_team
-- The pair that a department sends to a visit.
insert into list_teams (draw_id, position, department, lead, second)
values (%(draw_id)s, %(position)s, %(department)s, %(lead)s, %(second)s);

-- name: names
-- Names of objects in the directory of the department that launches a joint draw.
select o.object_no, o.name from joint_objects o join draw_lists l on l.departments[1] = o.department
where l.list_id = %(list)s and o.object_no = any(%(objects)s);

-- name: told
-- A list draw without its content, and the sources that its frame names.
select draw_no, status, sequence, commitment, record_hash, frame from draws where draw_no = %s and kind <> 'daily';
