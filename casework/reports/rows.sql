-- name: page
-- One page of the rows of a figure, newest first.
select r.noun, r.id, r.ref, r.unit_id, r.unit_no, r.day, r.{weight} as weight, r.area_code, r.part, r.form
from ({rows}) r
where r.{weight} is not null
  and (%(part)s::text is null or r.part = %(part)s) and (%(form)s::text is null or r.form = %(form)s)
  and (%(only)s::text is null or r.form = %(only)s)
  and (%(month)s::date is null or r.day >= %(month)s and r.day < (%(month)s::date + interval '1 month')::date)
  and (%(after_day)s::date is null or r.day <= %(after_day)s and (r.day, r.ref) < (%(after_day)s, %(after_ref)s))
order by r.day desc, r.ref desc
limit %(limit)s;
