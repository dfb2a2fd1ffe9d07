-- name: order
-- The visit that an order came of, within the viewer's areas.
select o.inspection_id from orders o join units u using (unit_id)
where o.order_no = %(number)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));
