-- name: running
-- From when to when clocks run that are not due yet, and findings wait for a decision, each pair once.
select rule, started_at, due_at from clocks
where done_at is null and dropped_at is null and due_at > %(after)s
union
select 'findings.rule.' || rule, found_at, decide_by from findings where state = 'open' and decide_by > %(after)s;

-- name: move
-- Ends that a notice has moved; a clock is due soon as long before its end as it was.
update clocks c set due_at = m.until, soon_at = greatest(c.started_at, c.soon_at + (m.until - c.due_at))
from unnest(%(rules)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(until)s::timestamptz[])
    as m (rule, start, due, until)
where c.rule = m.rule and c.started_at = m.start and c.due_at = m.due and c.done_at is null and c.dropped_at is null;

-- name: findings
-- By when findings are to be decided whose period a notice has moved.
update findings f set decide_by = m.until
from unnest(%(rules)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(until)s::timestamptz[])
    as m (rule, start, due, until)
where 'findings.rule.' || f.rule = m.rule and f.found_at = m.start and f.decide_by = m.due and f.state = 'open';

-- name: orders
-- The last day of the re-inspection of orders whose clock has moved.
update orders o set recheck_by = legal_day(c.due_at) from clocks c
where c.rule = 'deadlines.recheck' and c.ref = o.order_no and c.done_at is null and c.dropped_at is null
  and c.due_at = any(%(until)s::timestamptz[])
  and o.closed_on is null and o.recheck_by <> legal_day(c.due_at);

-- name: complaints
-- The last moment of the check of complaints whose clock has moved.
update complaints m set check_by = c.due_at from clocks c
where c.rule = 'deadlines.complaint_check' and c.ref = m.complaint_no and c.done_at is null and c.dropped_at is null
  and c.due_at = any(%(until)s::timestamptz[])
  and m.checked_at is null and m.check_by <> c.due_at;
