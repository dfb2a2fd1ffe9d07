-- name: ruling
-- The model of an outcome that was champion when a day began.
select m.model_no, m.content, m.measures -> 'points' as points
from models m
cross join lateral (
    select v.standing from model_moves v where v.model_id = m.model_id and v.moved_at < %(moment)s
    order by v.move_id desc limit 1
) s
where s.standing = 'champion' and m.outcome = %(outcome)s and m.until_day <= %(as_of)s and m.measures ? 'points'
order by m.model_id desc limit 1
