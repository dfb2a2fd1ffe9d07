-- name: record
-- A draw with its published bytes, and how the draw before it can be named.
select d.draw_id, d.commitment, d.seed, d.record_hash, d.frame, d.bundle, b.record_hash as record_before,
       b.commitment as commitment_before
from draws d left join draws b on b.sequence = d.sequence - 1
where d.draw_date = %(day)s and d.kind = 'daily';

-- name: visits
-- The stored visits in the order of the draw.
select u.unit_no, v.arm, v.lead_officer, v.second_officer
from draw_visits v join units u using (unit_id) where v.draw_id = %(draw_id)s order by v.position;

-- name: digests
-- What names the content of a day.
select commitment, record_hash from draws where draw_date = %(day)s and kind = 'daily';

-- name: content
-- The published bytes of a day.
select frame, bundle from draws where draw_date = %(day)s and kind = 'daily';
