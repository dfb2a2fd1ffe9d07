-- name: insert
-- One complaint; a number stands once.
insert into complaints (complaint_no, unit_id, received_at, channel, anonymous, kind, check_by, note, entered_by)
values (%(number)s, %(unit)s, %(received)s, %(channel)s, %(anonymous)s, %(kind)s, %(by)s, %(note)s, %(actor)s)
on conflict (complaint_no) do nothing
returning complaint_id;

-- name: same
-- A complaint about a unit that agrees in all that was taken down.
select complaint_no from complaints
where unit_id = %(unit)s and received_at = %(received)s and channel = %(channel)s and kind = %(kind)s limit 1;

-- name: locked
-- One complaint, locked so that it is checked once.
select * from complaints where complaint_no = %s for update;

-- name: visit
-- The visit that checked a complaint.
select inspection_id, unit_id, status, started_at, ended_at from inspections where inspection_no = %s;

-- name: check
-- What the check found.
update complaints set checked_at = %(at)s, verified = %(verified)s, inspection_id = %(inspection)s,
    note = concat_ws(E'\n', note, %(note)s::text)
where complaint_no = %(number)s;

-- name: posted_for_fact
-- Whether a complaint of a fact has taken points that were not given back.
select exists (
    select from complaints c join credit_entries e on e.unit_id = c.unit_id and e.event_ref = c.complaint_no
    where (c.complaint_id = %(fact)s or c.same_fact_as = %(fact)s) and c.unit_id = %(unit)s
    group by c.complaint_id having sum(e.points) < 0) as posted;

-- name: stop
-- A clock of a complaint, where one runs.
update clocks set done_at = %(at)s
where rule = %(rule)s and ref = %(number)s and done_at is null and dropped_at is null
returning done_at <= due_at as in_time;

-- name: tell
-- The result was told, or could not be.
update complaints set told_at = %(at)s, told_how = %(how)s, untold_why = %(why)s where complaint_no = %(number)s;
