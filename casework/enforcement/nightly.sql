-- name: lapse_hearings
-- Rights to a hearing that ran out unused: nobody has to act on them any more.
update clocks set done_at = due_at
where rule = 'deadlines.hearing_asked' and noun = 'case' and done_at is null and dropped_at is null
  and due_at <= %(now)s;
