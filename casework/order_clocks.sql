-- name: closed
-- The clocks of orders that a visit found corrected.
update clocks c set done_at = case when c.rule = 'deadlines.order_corrected' and %(at)s > c.due_at
    and %(at)s < (o.recheck_by + 1)::timestamp at time zone 'Asia/Shanghai' then c.due_at else %(at)s end
from orders o
where o.order_no = any(%(orders)s::text[]) and c.noun = 'order' and c.ref = o.order_no
  and c.rule in ('deadlines.order_corrected', 'deadlines.recheck') and c.done_at is null and c.dropped_at is null;

-- name: looked_at
-- The re-inspection clocks of orders that were due or asked about when a unit was re-inspected.
update clocks c set done_at = %(at)s
from orders o
where o.unit_id = %(unit)s and o.closed_on is null and (o.correct_by <= %(day)s or o.asked_on is not null)
  and c.rule = 'deadlines.recheck' and c.ref = o.order_no and c.done_at is null and c.dropped_at is null;

-- name: locked
-- An order, its unit's area and the body that its clock runs for.
select o.*, u.area_code, (select c.body from clocks c where c.rule = 'deadlines.recheck' and c.ref = o.order_no) as body
from orders o join units u using (unit_id) where o.order_no = %s for update of o;

-- name: asked
-- The unit has asked for its re-inspection.
update orders set asked_on = %(asked)s, recheck_by = %(recheck)s where order_no = %(number)s;
