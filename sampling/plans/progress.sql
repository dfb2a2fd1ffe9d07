-- name: visited
-- Units visited in a year up to a day, by area, group, class on the day of the first visit, and month.
with firsts as (
    select i.unit_id, min(i.inspected_on) as on_day
    from inspections i
    where i.kind = any(%(kinds)s) and i.status = 'done' and i.inspected_on between %(year_start)s and %(day)s
    group by i.unit_id
)
select u.area_code as area,
       case when not u.is_key then 'general' when u.is_crowded then 'duty' else 'key' end as "group",
       coalesce(s.risk_class, %(unscored)s)::text as risk_class, extract(month from f.on_day)::int as month,
       count(*)::int as units
from firsts f join units u using (unit_id)
left join lateral (
    select risk_class from scores where scores.unit_id = f.unit_id and as_of <= f.on_day order by as_of desc limit 1
) s on true
group by 1, 2, 3, 4;

-- name: waiting
-- Units not visited yet for which a counted visit is planned and open, by area, group and class of the latest scores.
with waits as (
    select i.unit_id
    from inspections i
    where i.kind = any(%(kinds)s)
      and (i.status = 'planned' and i.planned_on >= greatest(%(open_since)s, %(year_start)s) and i.planned_on <= %(year_end)s
           or i.status = 'done' and i.inspected_on between %(year_start)s and %(day)s)
    group by i.unit_id having bool_and(i.status = 'planned')
)
select u.area_code as area,
       case when not u.is_key then 'general' when u.is_crowded then 'duty' else 'key' end as "group",
       coalesce(s.risk_class, %(unscored)s)::text as risk_class, count(*)::int as units
from waits w join units u using (unit_id)
left join scores s on s.unit_id = w.unit_id and s.as_of = (select max(as_of) from score_runs where as_of <= %(day)s)
group by 1, 2, 3;

-- name: lost
-- Counted visits planned for a year that were called off, could not be made, or were never entered.
select u.area_code as area,
       case when not u.is_key then 'general' when u.is_crowded then 'duty' else 'key' end as "group",
       count(*)::int as visits
from inspections i join units u using (unit_id)
where i.kind = any(%(kinds)s) and i.planned_on between %(year_start)s and %(day)s
  and (i.status in ('not_possible', 'cancelled') or i.status = 'planned' and i.planned_on < %(open_since)s)
group by 1, 2;

-- name: results
-- Counted visits of a year by month, kind of unit and result.
select extract(month from i.inspected_on)::int as month, case when u.is_key then 'key' else 'general' end as kind,
       coalesce(i.result, 'none') as result, count(*)::int as visits
from inspections i join units u using (unit_id)
where i.kind = any(%(kinds)s) and i.status = 'done' and i.inspected_on between %(year_start)s and %(day)s
group by 1, 2, 3 order by 1, 2, 3;
