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

-- name: last_case
-- The highest place taken in a day.
select max(substring(substr(case_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from cases where case_no like %(prefix)s;

-- name: last_measure
-- The highest place taken in a day.
select max(substring(substr(measure_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from measures where measure_no like %(prefix)s;

-- name: last_major_hazard
-- The highest place taken in a day.
select max(substring(substr(major_hazard_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from major_hazards where major_hazard_no like %(prefix)s;

-- name: last_fire_review
-- The highest place taken in a day.
select max(substring(substr(review_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from fire_reviews where review_no like %(prefix)s;

-- name: last_request
-- The highest place taken in a day.
select max(substring(substr(request_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from visit_requests where request_no like %(prefix)s;

-- name: last_risk_area
-- The highest place taken in a day.
select max(substring(substr(risk_area_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from risk_areas where risk_area_no like %(prefix)s;

-- name: last_interview
-- The highest place taken in a day.
select max(substring(substr(interview_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from interviews where interview_no like %(prefix)s;
