-- name: others
-- The other records of a unit that were not annulled: decisions and discredit listings.
select decided_on as day, what from credit_publicity
where unit_id = %(unit)s and not (kind = %(kind)s and ref = %(ref)s) and kind <> 'red'
  and (ended_why is null or ended_why not in ('withdrawn', 'objection'));

-- name: repairs
-- Repairs that a unit was granted.
select p.ended_on as day, p.what from credit_publicity p
where p.unit_id = %(unit)s and p.ended_why = 'repaired';
