-- name: listed
-- Requests, newest first.
select q.request_no, q.kind, q.unit_id, u.unit_no, u.name as unit_name, q.received_at, q.from_body, q.document_no, q.held_from,
       q.held_to, k.due_at as check_by, q.inspection_id, i.inspection_no, d.due_at as decide_by, q.decided_at, q.passed,
       q.decision_no, q.handed_back_at, q.withdrawn_at, q.withdrawn_why, q.note
from visit_requests q join units u using (unit_id) left join inspections i on i.inspection_id = q.inspection_id
left join clocks k on k.rule = 'deadlines.' || q.kind || '_check' and k.ref = q.request_no
left join clocks d on d.rule = case q.kind when 'opening' then 'deadlines.opening_decision'
                                           when 'promise' then 'deadlines.promise_notice' end and d.ref = q.request_no
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(kind)s::text is null or q.kind = %(kind)s)
  and (not %(open)s or q.withdrawn_at is null and case q.kind when 'event' then q.handed_back_at is null
                                                              else q.decided_at is null end)
  and q.received_at <= coalesce(%(at)s::timestamptz, 'infinity')
  and (%(at)s::timestamptz is null or q.received_at < %(at)s or q.request_no > %(after_no)s)
order by q.received_at desc, q.request_no limit %(limit)s;

-- name: one
-- One request within the viewer's areas.
select q.request_no, q.kind, q.unit_id, u.unit_no, u.name as unit_name, q.received_at, q.from_body, q.document_no, q.held_from,
       q.held_to, k.due_at as check_by, q.inspection_id, i.inspection_no, d.due_at as decide_by, q.decided_at, q.passed,
       q.decision_no, q.handed_back_at, q.withdrawn_at, q.withdrawn_why, q.note
from visit_requests q join units u using (unit_id) left join inspections i on i.inspection_id = q.inspection_id
left join clocks k on k.rule = 'deadlines.' || q.kind || '_check' and k.ref = q.request_no
left join clocks d on d.rule = case q.kind when 'opening' then 'deadlines.opening_decision'
                                           when 'promise' then 'deadlines.promise_notice' end and d.ref = q.request_no
where q.request_no = %(number)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: orders_open
-- Open orders by the day their re-inspection is due.
select o.order_no, o.unit_id, u.unit_no, u.name as unit_name, o.inspection_id, o.kind, o.served_on, o.correct_by,
       o.recheck_by, o.asked_on, o.closed_on, o.recheck_by < %(day)s as late, o.order_id
from orders o join units u using (unit_id)
where o.closed_on is null and (not %(late)s or o.recheck_by < %(day)s)
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(unit)s::text is null or u.unit_no = %(unit)s)
  and (o.recheck_by, o.order_id) > (coalesce(%(at)s::date, '-infinity'), coalesce(%(id)s::bigint, 0))
order by o.recheck_by, o.order_id limit %(limit)s;

-- name: orders_all
-- All orders, newest first.
with picked as (
    select o.order_id from orders o
    where (%(areas)s::text[] is null
           or (select u.area_code from units u where u.unit_id = o.unit_id) = any(%(areas)s::text[]))
      and (%(unit)s::text is null or o.unit_id = (select u.unit_id from units u where u.unit_no = %(unit)s))
      and o.order_id < coalesce(%(id)s::bigint, 9223372036854775807)
    order by o.order_id desc limit %(limit)s
)
select o.order_no, o.unit_id, u.unit_no, u.name as unit_name, o.inspection_id, o.kind, o.served_on, o.correct_by,
       o.recheck_by, o.asked_on, o.closed_on, o.closed_on is null and o.recheck_by < %(day)s as late, o.order_id
from picked join orders o using (order_id) join units u using (unit_id)
order by o.order_id desc;

-- name: order
-- An order within the viewer's areas.
select o.order_id, o.inspection_id from orders o join units u using (unit_id)
where o.order_no = %(number)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));
