-- name: planned_by_draw
-- The visit that a draw planned for a unit.
select inspection_id from inspections where draw_no = %(draw)s and unit_id = %(unit)s;

-- name: insert_planned
-- A visit to come, for a unit that exists.
insert into inspections (inspection_no, unit_id, kind, arm, draw_no, draw_probability, planned_on, note, source, entered_by)
select %(number)s, u.unit_id, %(kind)s, %(arm)s, %(draw)s, %(probability)s, %(day)s, %(note)s, %(source)s, %(actor)s
from units u where u.unit_id = %(unit)s
returning inspection_id;

-- name: number_of
-- The number of an inspection.
select inspection_no from inspections where inspection_id = %s;

-- name: place
-- The unit as the gates see it.
select unit_id, unit_no, is_key, status from units where unit_no = %s;

-- name: visit
-- One visit and its unit, locked against a second entry at the same time.
select i.*, u.unit_no, u.is_key, u.registered_on
from inspections i join units u using (unit_id) where i.inspection_no = %s
for update of i;

-- name: team
-- The officers of a visit, the lead first.
select officer_no, role from inspection_officers where inspection_id = %s order by role, officer_no;

-- name: set_officers
-- Exactly these officers on a visit, as far as they are registered.
with wanted as (
    select w.officer_no, w.role from unnest(%(officers)s::text[], %(roles)s::text[]) as w (officer_no, role)
    join officers using (officer_no)
), gone as (
    delete from inspection_officers where inspection_id = %(inspection)s
    and officer_no not in (select officer_no from wanted)
)
insert into inspection_officers (inspection_id, officer_no, role)
select %(inspection)s, officer_no, role from wanted
on conflict (inspection_id, officer_no) do update set role = excluded.role;

-- name: move
-- Another day for a planned visit.
update inspections set planned_on = %(day)s where inspection_no = %(number)s;

-- name: end
-- A planned visit that will not be made.
update inspections set status = %(status)s, note = %(note)s where inspection_no = %(number)s;
