-- name: units
-- The active units that a saved query holds of; what is null or empty in it does not matter.
select u.unit_id
from units u
left join scores s on s.unit_id = u.unit_id and s.as_of = %(as_of)s
where u.status = 'active'
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
  and (cardinality(%(kinds)s::text[]) = 0 or u.kind = any(%(kinds)s))
  and (cardinality(%(classes)s::text[]) = 0 or s.risk_class = any(%(classes)s))
  and (%(is_key)s::boolean is null or u.is_key = %(is_key)s)
  and (%(is_crowded)s::boolean is null or u.is_crowded = %(is_crowded)s)
  and (%(is_high_hazard)s::boolean is null or u.is_high_hazard = %(is_high_hazard)s)
  and (%(sleeping)s::boolean is null or u.sleeping = %(sleeping)s)
  and (%(dangerous_goods)s::boolean is null or u.dangerous_goods = %(dangerous_goods)s)
  and (%(floor_area_from)s::float8 is null or u.floor_area_m2 >= %(floor_area_from)s)
  and (%(floor_area_to)s::float8 is null or u.floor_area_m2 < %(floor_area_to)s)
  and (%(height_from)s::float8 is null or u.height_m >= %(height_from)s)
  and (%(storeys_from)s::float8 is null or u.storeys >= %(storeys_from)s)
  and (%(occupants_from)s::float8 is null or u.occupants >= %(occupants_from)s)
  and (%(built_before)s::int is null or u.built_year < %(built_before)s)
  and (cardinality(%(unit_nos)s::text[]) = 0 or u.unit_no = any(%(unit_nos)s))
  and (%(not_visited_since)s::date is null or not exists (
      select from inspections i where i.unit_id = u.unit_id and i.status = 'done'
        and i.inspected_on >= %(not_visited_since)s))
  and (%(open_hazards)s::boolean is null or %(open_hazards)s = exists (
      select from hazards h where h.unit_id = u.unit_id and h.handling = 'ordered' and h.corrected_on is null))
  and (cardinality(%(items)s::text[]) = 0 or exists (
      select from hazards h where h.unit_id = u.unit_id and h.item_code = any(%(items)s)
        and h.found_on >= %(items_from)s))
  and (%(alarms)s::int is null or (
      select coalesce(sum(d.fire_alarms), 0) from unit_days d where d.unit_id = u.unit_id
        and d.day >= %(alarms_from)s and d.day < %(day)s) >= %(alarms)s)
  and (%(findings)s::boolean is null or %(findings)s = exists (
      select from findings f where f.unit_id = u.unit_id and f.state in ('open', 'to_visit', 'substantiated')))
  and (%(has_devices)s::boolean is null or %(has_devices)s = exists (
      select from devices d where d.unit_id = u.unit_id and d.status = 'active'))
order by u.unit_id;
