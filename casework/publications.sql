-- name: queue
-- A result that waits.
insert into result_publications (inspection_id, queued_at) values (%(id)s, %(at)s) on conflict do nothing;

-- name: locked
-- One result of the queue, locked, with its visit.
select p.*, i.ended_at, exists (select from clocks c where c.rule = 'deadlines.result_published'
                                and c.ref = i.inspection_no) as clocked
from result_publications p join inspections i using (inspection_id) where i.inspection_no = %s for update of p;

-- name: decide
-- Approved, or kept back with a reason.
update result_publications set decided_at = %(at)s, decided_by = %(actor)s, withheld_why = %(why)s
where inspection_id = %(id)s;

-- name: publish
-- Made public.
update result_publications set published_at = %(at)s, published_by = %(actor)s, place = %(place)s
where inspection_id = %(id)s;

-- name: tell
-- The unit was told.
update result_publications set told_at = %(at)s, told_how = %(how)s where inspection_id = %(id)s;
