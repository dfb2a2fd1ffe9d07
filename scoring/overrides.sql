-- name: in_force
-- The overrides that move the scores of a day; the newest of a unit, should there be several.
select distinct on (o.unit_id) o.override_id, o.unit_id, o.direction, o.classes
from overrides o
where %(as_of)s between o.valid_from and o.until_day
  and not exists (select from override_withdrawals w where w.override_id = o.override_id and w.from_day <= %(as_of)s)
order by o.unit_id, o.override_id desc
