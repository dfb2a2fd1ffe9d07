-- name: draws
-- Draws of a period that expected a visit, and how many.
select d.draw_id, d.draw_date, sum(g.expected order by g.area_code, g.stratum, g.reason) as expected
from draws d join draw_groups g using (draw_id)
where d.status = 'drawn' and d.draw_date between %(first)s and %(last)s
group by d.draw_id, d.draw_date having sum(g.expected) > 0
order by d.draw_date;

-- name: frame
-- The frame of a draw.
select frame from draws where draw_id = %s;

-- name: told
-- Finished visits that count for interval and cap and have a result, with the days on which their hazards were corrected.
select u.unit_no, i.inspected_on, count(h.hazard_id) as hazards,
       count(h.hazard_id) filter (where h.severity in ('critical', 'serious')) as substantive,
       coalesce(array_agg(h.corrected_on) filter (where h.hazard_id is not null), '{}') as corrected
from inspections i join units u using (unit_id) left join hazards h using (inspection_id)
where i.status = 'done' and i.kind = any(%(kinds)s) and i.result is distinct from 'closed' and i.inspected_on <= %(last)s
  and i.inspected_on >= %(since)s
group by u.unit_no, i.inspected_on, i.inspection_id
order by i.inspection_id;

-- name: units
-- What the units are now.
select unit_no, area_code, kind, is_key, is_crowded from units;

-- name: visits
-- Visits of the draws with what became of them and what they found; a visit that other officers made instead is the same
-- visit of the same unit.
with recursive again as (
    select l.replaces as first, l.inspection_id, l.unit_id
    from list_visits l join inspections o on o.inspection_id = l.replaces and o.unit_id = l.unit_id
    union all
    select a.first, l.inspection_id, l.unit_id
    from again a join list_visits l on l.replaces = a.inspection_id and l.unit_id = a.unit_id
), made as (
    select first, max(inspection_id) as inspection_id from again group by first
)
select v.draw_id, u.area_code, u.kind, u.is_key, u.is_crowded, v.probability, i.status, i.result,
       h.hazards, h.substantive
from draw_visits v
join units u using (unit_id)
left join made m on m.first = v.inspection_id
left join inspections i on i.inspection_id = coalesce(m.inspection_id, v.inspection_id)
cross join lateral (
    select count(*) as hazards, count(*) filter (where x.severity in ('critical', 'serious')) as substantive
    from hazards x where x.inspection_id = i.inspection_id
) h
where v.draw_id = any(%(draws)s::bigint[])
order by v.draw_id, v.position;

-- name: areas
-- The tree of areas with names.
select area_code, parent_code, name_zh, name_en from areas order by area_code;
