-- name: list
-- Draws as published, daily and from lists, the latest of the chain first.
select d.draw_no, d.draw_date, d.kind, d.sequence, d.status, d.policy_version, d.commitment, d.previous, d.frozen_at,
       d.entropy, d.seed, d.record_hash, d.drawn_at,
       case when d.kind = 'daily' then (select count(*) from draw_visits v where v.draw_id = d.draw_id)
            else (select count(*) from list_visits v where v.draw_id = d.draw_id) end as visits
from draws d
where (%(before)s::date is null or d.draw_date < %(before)s) and (%(below)s::int is null or d.sequence < %(below)s)
order by d.sequence desc limit %(limit)s;

-- name: one
-- The daily draw of a day, or a list draw by its number, as published.
select d.draw_no, d.draw_date, d.kind, d.sequence, d.status, d.policy_version, d.commitment, d.previous, d.frozen_at,
       d.entropy, d.seed, d.record_hash, d.drawn_at,
       case when d.kind = 'daily' then (select count(*) from draw_visits v where v.draw_id = d.draw_id)
            else (select count(*) from list_visits v where v.draw_id = d.draw_id) end as visits
from draws d
where case when %(draw_no)s::text is null then d.draw_date = %(day)s and d.kind = 'daily'
           else d.draw_no = %(draw_no)s and d.kind <> 'daily' end;

-- name: results
-- Visits of a draw whose result is public: unit, day, result; neither arm nor probability nor officers.
select u.unit_no, u.name, a.name_zh as area_zh, a.name_en as area_en, i.inspected_on, i.result
from inspections i join units u using (unit_id) join areas a using (area_code)
left join result_publications p on p.inspection_id = i.inspection_id
where (p.inspection_id is null or p.published_at is not null) and i.draw_no = %(draw_no)s and i.status = 'done' and i.inspection_id in (
    select inspection_id from draw_visits join draws using (draw_id) where draw_no = %(draw_no)s
    union all
    select inspection_id from list_visits join draws using (draw_id) where draw_no = %(draw_no)s)
order by u.unit_no;
