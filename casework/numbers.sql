-- name: last_inspection
-- The highest place taken in a day; a foreign number that only looks alike is passed over.
select max(substring(substr(inspection_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from inspections where inspection_no like %(prefix)s;

-- name: last_complaint
-- The highest place taken in a day.
select max(substring(substr(complaint_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from complaints where complaint_no like %(prefix)s;

-- name: last_fire
-- The highest place taken in a day.
select max(substring(substr(fire_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from fires where fire_no like %(prefix)s;

-- name: last_penalty
-- The highest place taken in a day.
select max(substring(substr(case_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from penalties where case_no like %(prefix)s;

-- name: last_finding
-- The highest place taken in a day.
select max(substring(substr(finding_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from findings where finding_no like %(prefix)s;
