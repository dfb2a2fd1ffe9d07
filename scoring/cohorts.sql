-- name: first_visit
-- The day of the first full visit on record.
select min(inspected_on) as day from full_visits

-- name: visits
-- Full visits of a stretch of days in the order in which they took place, and what each found.
select i.unit_id, i.inspection_no, i.inspected_on, coalesce(i.team, '') as team, i.arm, i.draw_probability,
       count(h.hazard_id) as any, count(h.hazard_id) filter (where h.severity = 'critical') as critical,
       count(h.hazard_id) filter (where h.severity in ('critical', 'serious')) as serious,
       count(h.hazard_id) filter (where h.is_major) as major
from full_visits i
left join hazards h on h.inspection_id = i.inspection_id and h.found_on < %(known_before)s
where i.inspected_on >= %(first)s and i.inspected_on < %(until)s
group by i.unit_id, i.inspection_id, i.inspection_no, i.inspected_on, i.team, i.arm, i.draw_probability, i.started_at
order by i.inspected_on, i.started_at nulls first, i.inspection_id
