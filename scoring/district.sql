-- name: visits
-- Every full visit on record, in the order in which each unit had them.
select inspection_id, unit_id, inspected_on - date '2000-01-01' as day,
       coalesce(result = 'hazards_ordered', false) as failed, team
from full_visits
order by unit_id, inspected_on, inspection_id

-- name: hazards
-- Everything found at them.
select h.inspection_id, h.found_on - date '2000-01-01' as day, h.severity, h.item_code
from hazards h join full_visits i using (inspection_id)

-- name: units
-- What units have in common, of all that are registered.
select unit_id, lon, lat, kind, area_code, coalesce(nullif(attributes ->> 'operator', ''), uscc) as operator
from units
order by unit_id
