-- name: finding
-- A finding with its unit.
select f.finding_id, f.finding_no, f.state, f.found_at, u.unit_id, u.unit_no, u.is_key, u.status
from findings f join units u using (unit_id) where f.finding_no = %s;

-- name: newest
-- The decision that stands.
select decision_id, decision, decided_by, decided_at from finding_decisions
where finding_id = %s order by decision_id desc limit 1;

-- name: visit
-- The visit that looked into it.
select inspection_id, unit_id, status from inspections where inspection_no = %s;

-- name: insert
-- A decision, with the evidence as it stands.
insert into finding_decisions (finding_id, decision, reason, evidence, inspection_id, decided_by, decided_at)
select finding_id, %(decision)s, %(reason)s, evidence, %(inspection)s, %(actor)s, %(at)s
from findings where finding_id = %(finding)s;

-- name: number_of_visit
-- The number of a planned visit.
select inspection_no from inspections where inspection_id = %s;
