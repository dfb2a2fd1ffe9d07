-- name: page
-- One page of the rows of a figure, newest first.
select r.noun, r.id, r.ref, r.unit_id, r.unit_no, r.day, r.weight, r.area_code, r.part, r.form
from ({rows}) r
where (%(part)s::text is null or r.part = %(part)s) and (%(form)s::text is null or r.form = %(form)s)
  and (%(only)s::text is null or r.form = %(only)s)
  and (%(month)s::date is null or date_trunc('month', r.day)::date = %(month)s)
  and (%(after_day)s::date is null or (r.day, r.ref) < (%(after_day)s, %(after_ref)s))
order by r.day desc, r.ref desc
limit %(limit)s;
