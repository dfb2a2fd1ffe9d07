-- name: unit
-- A unit by its number, within the viewer's areas.
select unit_id from units where unit_no = %(number)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]));

-- name: fire
-- A fire by its number, within the viewer's areas.
select fire_id from fires join units u using (unit_id) where fire_no = %(number)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: self_checks
-- What units of the viewer's areas reported of themselves, the newest first.
select s.self_check_id, s.unit_id, u.unit_no, u.name as unit_name, s.item_code, s.found_on, s.reported_at,
       s.corrected_on, s.evidence, s.note, s.entered_by
from self_checks s join units u using (unit_id)
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(unit)s::text is null or s.unit_id = (select unit_id from units where unit_no = %(unit)s))
  and (%(state)s = 'all' or (s.corrected_on is null) = (%(state)s = 'open'))
  and (%(before)s::bigint is null or s.self_check_id < %(before)s)
order by s.self_check_id desc limit %(limit)s;

-- name: self_check
-- One report of a unit of itself.
select s.self_check_id, s.unit_id, u.unit_no, u.name as unit_name, s.item_code, s.found_on, s.reported_at,
       s.corrected_on, s.evidence, s.note, s.entered_by
from self_checks s join units u using (unit_id)
where s.self_check_id = %(id)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: soft_measures
-- Soft measures of some areas, the newest first, each area by its index.
with newest as (
    select k.soft_measure_id from unnest(%(codes)s::text[]) as area (code)
    cross join lateral (
        select soft_measure_id from soft_measures where area_code = area.code
          and (%(unit)s::bigint is null or unit_id = %(unit)s) and (%(kind)s::text is null or kind = %(kind)s)
          and (%(before)s::bigint is null or soft_measure_id < %(before)s)
        order by soft_measure_id desc limit %(limit)s) k
    order by 1 desc limit %(limit)s
)
select s.soft_measure_id, s.unit_id, u.unit_no, u.name as unit_name, s.area_code, s.kind, s.taken_on, s.officers,
       i.inspection_no, s.note, s.entered_by
from newest join soft_measures s using (soft_measure_id) join units u using (unit_id)
left join inspections i on i.inspection_id = s.inspection_id
order by s.soft_measure_id desc;

-- name: soft_measure
-- One soft measure.
select s.soft_measure_id, s.unit_id, u.unit_no, u.name as unit_name, s.area_code, s.kind, s.taken_on, s.officers,
       i.inspection_no, s.note, s.entered_by
from soft_measures s join units u using (unit_id) left join inspections i on i.inspection_id = s.inspection_id
where s.soft_measure_id = %(id)s;

-- name: soft_count
-- Soft measures of some days by kind.
select kind, count(*)::int as n from soft_measures
where taken_on between %(first)s and %(last)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]))
group by kind;

-- name: fire_reviews
-- Decisions on re-examinations of fires, those entered last first.
select r.fire_review_id, r.review_no, r.fire_no, u.unit_id, u.unit_no, u.name as unit_name, r.asked_on, r.decided_on,
       r.outcome, r.note, r.entered_by
from fire_reviews r join fires f using (fire_no) left join units u using (unit_id)
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(before)s::bigint is null or r.fire_review_id < %(before)s)
order by r.fire_review_id desc limit %(limit)s;
