-- name: public
-- The discredit records of a unit that are public, the earliest first.
select * from credit_publicity where unit_id = %(unit)s and ended_on is null and kind <> 'red'
order by earliest_on, publicity_id;
