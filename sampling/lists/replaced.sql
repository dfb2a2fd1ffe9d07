-- name: visit
-- One visit by its inspection, with the newest draw that made it what it is.
select i.inspection_id, i.inspection_no, i.kind, i.arm, i.draw_probability, i.status, i.planned_on, u.area_code,
       coalesce(v.object_no, u.unit_no) as object_no, d.draw_id, d.draw_no, d.kind as draw_kind
from inspections i join units u using (unit_id)
left join lateral (select w.draw_id, w.object_no from list_visits w join draws e using (draw_id)
                   where w.inspection_id = i.inspection_id order by e.sequence desc limit 1) v on true
left join draws d on case when v.draw_id is null then d.draw_no = i.draw_no else d.draw_id = v.draw_id end
where i.inspection_no = %(number)s;

-- name: newest
-- The visit that a list's visit to an object has become: itself, or the last of the replacements in its place.
with recursive line as (
    select v.draw_id, v.object_no, 0 as step from list_visits v join draws d using (draw_id)
    where d.draw_no = %(draw)s and v.object_no = %(object)s
    union all
    select n.draw_id, n.object_no, line.step + 1 from line join draws r on r.of_draw = line.draw_id
    join list_visits n on n.draw_id = r.draw_id and n.stands_for = line.object_no
)
select v.inspection_id, i.inspection_no, 'joint' as kind, null as arm, null as draw_probability, v.planned_on,
       null as area_code, v.object_no, d.draw_id, d.draw_no, d.kind as draw_kind
from line join list_visits v on v.draw_id = line.draw_id and v.object_no = line.object_no
join draws d on d.draw_id = v.draw_id left join inspections i on i.inspection_id = v.inspection_id
order by line.step desc limit 1;

-- name: stands
-- The draw that has replaced a visit.
select r.draw_no, r.record_hash from draws r join list_visits n on n.draw_id = r.draw_id
where r.of_draw = %(draw)s and n.stands_for = %(object)s;

-- name: ended_by
-- The draw that has put another object in the place of one.
with recursive line as (
    select v.draw_id, v.object_no, 0 as step from list_visits v join draws d using (draw_id)
    where d.draw_no = %(draw)s and v.object_no = %(object)s
    union all
    select n.draw_id, n.object_no, line.step + 1 from line join draws r on r.of_draw = line.draw_id
    join list_visits n on n.draw_id = r.draw_id and n.stands_for = line.object_no
)
select d.draw_no, d.record_hash from line join draws d using (draw_id)
where line.object_no <> %(object)s order by line.step limit 1;

-- name: line
-- The draws by which officers of a visit were drawn anew, the newest first.
with recursive line as (
    select d.draw_id, d.of_draw, v.object_no from list_visits v join draws d using (draw_id)
    where v.draw_id = %(draw)s and v.object_no = %(object)s
    union all
    select d.draw_id, d.of_draw, v.object_no from line join list_visits v on v.draw_id = line.of_draw
        and v.object_no = line.object_no join draws d on d.draw_id = v.draw_id
)
select d.draw_no, d.record_hash, d.frame from line join draws d using (draw_id)
where d.kind = 'replacement' order by d.sequence desc;

-- name: team
-- Who goes on a visit: ours as the inspection has them, those of the other departments as they were drawn.
select 'fire' as department, officer_no from inspection_officers where inspection_id = %(inspection)s
union all
select t.department, one.officer_no
from list_visits v join list_teams t using (draw_id, position)
cross join lateral (values (t.lead), (t.second)) as one (officer_no)
where v.draw_id = %(draw)s and v.object_no = %(object)s
  and (t.department <> 'fire' or %(inspection)s::bigint is null);

-- name: officer
-- Whether a department has an officer.
select officer_no from officers where officer_no = %(officer)s and %(department)s = 'fire'
union all
select officer_no from joint_officers where officer_no = %(officer)s and department = %(department)s;

-- name: inspections_of_officer
-- The drawn inspections that wait for an officer of ours on a day.
select i.inspection_no
from inspections i join inspection_officers io using (inspection_id)
where io.officer_no = %(officer)s and i.planned_on = %(day)s and i.status = 'planned' and i.draw_no is not null
order by i.inspection_no;

-- name: list_visits_of_officer
-- The visits of lists that wait for an officer on a day and are no inspections of ours, or none of our own officers'.
select v.inspection_id, i.inspection_no, coalesce(i.kind, 'joint') as kind, i.arm, i.draw_probability, v.planned_on,
       u.area_code, v.object_no, d.draw_id, d.draw_no, d.kind as draw_kind
from list_visits v join draws d using (draw_id) join list_teams t using (draw_id, position)
left join inspections i on i.inspection_id = v.inspection_id left join units u on u.unit_id = i.unit_id
where t.department = %(department)s and %(officer)s in (t.lead, t.second) and v.planned_on = %(day)s
  and (v.inspection_id is null or (t.department <> 'fire' and i.status = 'planned'))
  and not exists (select from draws r join list_visits n on n.draw_id = r.draw_id
                  where r.of_draw = v.draw_id and n.stands_for = v.object_no)
order by d.sequence, v.position;

-- name: of_draw
-- The visits of a draw to these objects.
select v.inspection_id, i.inspection_no, coalesce(i.kind, 'joint') as kind, i.arm, i.draw_probability, v.object_no
from draws d join list_visits v using (draw_id) left join inspections i on i.inspection_id = v.inspection_id
where d.draw_no = %(draw)s and v.object_no = any(%(objects)s)
union all
select i.inspection_id, i.inspection_no, i.kind, i.arm, i.draw_probability, u.unit_no
from draws d join inspections i on i.draw_no = d.draw_no join units u on u.unit_id = i.unit_id
where d.draw_no = %(draw)s and d.kind = 'daily' and u.unit_no = any(%(objects)s)
order by object_no;
