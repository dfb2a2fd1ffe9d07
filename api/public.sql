-- name: list
-- Draws as published, the latest first.
select d.draw_no, d.draw_date, d.sequence, d.status, d.policy_version, d.commitment, d.previous, d.frozen_at, d.entropy,
       d.seed, d.record_hash, d.drawn_at, (select count(*) from draw_visits v where v.draw_id = d.draw_id) as visits
from draws d where %(before)s::date is null or d.draw_date < %(before)s
order by d.draw_date desc limit %(limit)s;

-- name: one
-- The draw of a day as published.
select d.draw_no, d.draw_date, d.sequence, d.status, d.policy_version, d.commitment, d.previous, d.frozen_at, d.entropy,
       d.seed, d.record_hash, d.drawn_at, (select count(*) from draw_visits v where v.draw_id = d.draw_id) as visits
from draws d where d.draw_date = %(day)s;

-- name: results
-- Visits of a draw whose result is entered: unit, day, result; neither arm nor probability nor officers.
select u.unit_no, u.name, a.name_zh as area_zh, a.name_en as area_en, i.inspected_on, i.result
from draws d join draw_visits v using (draw_id) join inspections i using (inspection_id)
join units u on u.unit_id = v.unit_id join areas a using (area_code)
where d.draw_date = %(day)s and i.status = 'done'
order by u.unit_no;
