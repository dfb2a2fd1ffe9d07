-- name: draws
-- Draws of a period, in the order of their days.
select draw_id, draw_no, draw_date from draws where status = 'drawn' and kind = 'daily' and draw_date between %(first)s and %(last)s
order by draw_date;

-- name: frame
-- The frame of a draw, and its visits without a result.
select d.frame, (select count(*) from inspections i where i.draw_no = d.draw_no and i.status <> 'done') as unfinished
from draws d where d.draw_id = %s;

-- name: results
-- Visits of a draw that have a result, with their probability as recorded and what they found.
select u.unit_no, i.draw_probability as probability, count(h.hazard_id) filter (where h.severity = 'critical') as critical,
       count(h.hazard_id) filter (where h.severity in ('critical', 'serious')) as serious, count(h.hazard_id) as any
from inspections i
join draw_visits v using (inspection_id)
join units u on u.unit_id = i.unit_id
left join hazards h using (inspection_id)
where v.draw_id = %s and i.status = 'done' and i.draw_probability is not null
group by i.inspection_id, u.unit_no
order by u.unit_no;

-- name: outside
-- Visits made in a period that come from no draw on record, and the hazards they found.
select count(distinct i.inspection_id) as visits, count(h.hazard_id) as hazards
from inspections i left join hazards h using (inspection_id)
where i.status = 'done' and i.inspected_on between %(first)s and %(last)s
  and not exists (select from draw_visits v where v.inspection_id = i.inspection_id);
