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

-- name: carried
-- The pairs that other departments send to the visits that a draw replaces, by object.
select v.object_no, t.department, t.lead, t.second
from draws d join list_visits v on v.draw_id = d.of_draw
join list_teams t on t.draw_id = v.draw_id and t.position = v.position
where d.draw_id = %(draw_id)s and t.department <> all(%(departments)s);

-- name: names
-- Names of objects in the directory of the department that launched the joint draw of a list, or of a replacement in it.
with recursive line as (
    select draw_id, of_draw, list_id from draws where draw_id = %(draw_id)s
    union
    select d.draw_id, d.of_draw, d.list_id from line join draws d on d.draw_id = line.of_draw
)
select o.object_no, o.name from line join draw_lists l using (list_id) join joint_objects o
    on o.department = l.departments[1]
where o.object_no = any(%(objects)s);

-- name: told
-- A list draw without its content, and the sources that its frame names.
select draw_no, status, sequence, commitment, record_hash, frame from draws where draw_no = %s and kind <> 'daily';
