-- name: visits
-- Full visits of the window in the order in which they took place, and what each found.
select i.unit_id, i.inspected_on, i.team, count(h.hazard_id) as any,
       count(h.hazard_id) filter (where h.severity = 'critical') as critical,
       count(h.hazard_id) filter (where h.severity in ('critical', 'serious')) as serious,
       count(h.hazard_id) filter (where h.is_major) as major
from inspections i
left join hazards h using (inspection_id)
where i.status = 'done' and i.kind <> 'reinspection' and i.inspected_on >= %(as_of)s and i.inspected_on < %(until)s
group by i.inspection_id
order by i.inspected_on, i.started_at nulls first, i.inspection_id
