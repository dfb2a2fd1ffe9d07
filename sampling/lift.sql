-- name: random_results
-- Finished random-arm visits before a day, with the random arm's probability and the score their frame went by. A visit
-- that other officers made instead is the same visit of the same unit.
with recursive again as (
    select l.replaces as first, l.inspection_id, l.unit_id
    from list_visits l join inspections o on o.inspection_id = l.replaces and o.unit_id = l.unit_id
    union all
    select a.first, l.inspection_id, l.unit_id
    from again a join list_visits l on l.replaces = a.inspection_id and l.unit_id = a.unit_id
), made as (
    select first, max(inspection_id) as inspection_id from again group by first
)
select v.p_random as probability, s.score,
       exists (select from hazards h where h.inspection_id = i.inspection_id) as found
from draw_visits v
join draws d using (draw_id)
left join made m on m.first = v.inspection_id
join inspections i on i.inspection_id = coalesce(m.inspection_id, v.inspection_id)
left join lateral (select max(as_of) as as_of from score_runs where as_of <= d.draw_date) r on true
left join scores s on s.unit_id = i.unit_id and s.as_of = r.as_of
where i.status = 'done' and i.arm = 'random' and v.p_random > 0 and i.inspected_on >= %(first)s and i.inspected_on < %(day)s;
