-- name: first
-- A drawn draw with its content.
select draw_id, draw_no, draw_date, kind, status, record_hash, frame, bundle from draws where draw_no = %s;

-- name: waiting
-- Replacements in a draw that are frozen and not drawn.
select draw_no, frame from draws where kind = 'replacement' and status = 'frozen' and of_draw = %s order by sequence desc;
