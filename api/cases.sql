-- name: unit_of_unit
-- A unit by its number, within the viewer's areas.
select unit_id from units where unit_no = %(number)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]));

-- name: unit_of_complaint
-- The unit that a complaint is about, within the viewer's areas.
select u.unit_id from complaints join units u using (unit_id) where complaint_no = %(number)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: unit_of_penalty
-- The unit that a decision is against, within the viewer's areas.
select u.unit_id from penalties join units u using (unit_id) where case_no = %(number)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: complaints
-- Complaints by the moment they must be checked by.
select c.complaint_no, c.unit_id, u.unit_no, u.name as unit_name, c.received_at, c.channel, c.kind, c.check_by,
       c.checked_at, c.verified, c.checked_at is null and c.check_by < %(now)s as late
from complaints c join units u using (unit_id)
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(state)s = 'all' or c.checked_at is null) and (%(state)s <> 'late' or c.check_by < %(now)s)
order by c.checked_at is not null, c.check_by, c.complaint_id limit %(limit)s offset %(offset)s;

-- name: orders
-- Orders by the day their re-inspection is due.
select o.order_no, o.unit_id, u.unit_no, u.name as unit_name, o.inspection_id, o.kind, o.served_on, o.correct_by,
       o.recheck_by, o.closed_on, o.closed_on is null and o.recheck_by < %(day)s as late
from orders o join units u using (unit_id)
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(state)s = 'all' or o.closed_on is null) and (%(state)s <> 'late' or o.recheck_by < %(day)s)
order by o.closed_on is not null, o.recheck_by, o.order_id limit %(limit)s offset %(offset)s;
