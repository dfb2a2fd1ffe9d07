-- name: frozen
-- The draw of a day, locked.
select draw_id, draw_no, status, frame, commitment, record_hash, frozen_at, drawn_at
from draws where draw_date = %s and kind = 'daily' for update;

-- name: finish
-- The draw becomes final: the trigger refuses any later change.
update draws set status = 'drawn', entropy = %(entropy)s, seed = %(seed)s, bundle = %(bundle)s,
    record_hash = %(record_hash)s, drawn_at = %(now)s
where draw_id = %(draw_id)s;

-- name: unit_ids
-- Identifiers of units by number.
select unit_no, unit_id from units where unit_no = any(%s);

-- name: visits_of
-- How many visits a draw has.
select count(*) as visits from draw_visits where draw_id = %s;
