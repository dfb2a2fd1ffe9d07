-- name: lapse
-- Rights to be heard that ran out, and public notices that have run: nobody has to act on them any more.
update clocks set done_at = due_at
where rule in ('credit.views_given', 'credit.repair_notice') and done_at is null and dropped_at is null
  and due_at <= %(now)s;
