-- name: kind
-- The kind of a list draw.
select kind from draws where draw_no = %s and kind <> 'daily';
