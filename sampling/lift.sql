-- name: random_results
-- Finished random-arm visits before a day, with the random arm's probability and the score their frame went by.
select v.p_random as probability, s.score,
       exists (select from hazards h where h.inspection_id = i.inspection_id) as found
from inspections i
join draws d on d.draw_no = i.draw_no
join draw_visits v on v.draw_id = d.draw_id and v.unit_id = i.unit_id and v.p_random > 0
left join lateral (select max(as_of) as as_of from score_runs where as_of <= d.draw_date) r on true
left join scores s on s.unit_id = i.unit_id and s.as_of = r.as_of
where i.status = 'done' and i.arm = 'random' and i.inspected_on >= %(first)s and i.inspected_on < %(day)s;
