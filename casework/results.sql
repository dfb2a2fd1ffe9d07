-- name: unit
-- The unit of an unplanned visit.
select unit_id, unit_no, is_key, registered_on, status from units where unit_no = %s;

-- name: same_visit
-- A visit of a unit that began at the same moment.
select inspection_no from inspections where unit_id = %(unit)s and started_at = %(start)s and status = 'done';

-- name: team
-- The officers planned for a visit.
select officer_no, role from inspection_officers where inspection_id = %s order by role, officer_no;

-- name: done
-- A planned visit becomes a record.
update inspections set status = 'done', started_at = %(start)s, ended_at = %(end)s, inspected_on = %(day)s,
    result = %(result)s, note = coalesce(%(note)s, note), entered_by = %(actor)s, entered_at = now(),
    trigger_code = %(trigger)s, time_class = %(time_class)s
where inspection_id = %(id)s
returning inspection_id;

-- name: insert_done
-- An unplanned visit as a record.
insert into inspections (inspection_no, unit_id, kind, started_at, ended_at, inspected_on, status, result, note, source,
    entered_by, trigger_code, time_class)
values (%(number)s, %(unit)s, %(kind)s, %(start)s, %(end)s, %(day)s, 'done', %(result)s, %(note)s, 'manual', %(actor)s,
    %(trigger)s, %(time_class)s)
returning inspection_id;

-- name: clear_team
-- Planned officers who did not come.
delete from inspection_officers where inspection_id = %(inspection)s and officer_no <> all(%(officers)s);

-- name: add_officer
-- An officer who came.
insert into inspection_officers (inspection_id, officer_no, role) values (%s, %s, %s)
on conflict (inspection_id, officer_no) do update set role = excluded.role;

-- name: insert_hazard
-- One hazard found.
insert into hazards (inspection_id, unit_id, item_code, severity, is_major, found_on, handling, due_on, corrected_on, note,
    oral, item_from)
values (%(inspection)s, %(unit)s, %(item)s, %(severity)s, %(major)s, %(day)s, %(handling)s, %(due)s, %(corrected)s, %(note)s,
    %(oral)s, (select max(valid_from) from inspection_items where item_code = %(item)s and valid_from <= %(day)s));

-- name: overdue_orders
-- Orders of a unit whose period has ended and that are still open.
select order_no from orders where unit_id = %(unit)s and closed_on is null and correct_by < %(day)s order by order_no;
