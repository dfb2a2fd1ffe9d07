-- name: made
-- How many overrides held on a day of the stretch, by direction.
select o.direction, count(*) as overrides
from overrides o join units u using (unit_id) left join override_withdrawals w using (override_id)
where o.valid_from < %(day)s and least(o.until_day, w.from_day - 1) >= greatest(o.valid_from, %(since)s)
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
group by o.direction;

-- name: counts
-- Full visits by direction and by the class before the move, and beside them the visits of units of that class that no
-- override held in the same stretch. A visit goes by the newest score of its unit that is not after it nor a month old.
with spans as (
    select o.override_id, o.unit_id, o.direction, o.valid_from as first, least(o.until_day, w.from_day - 1) as last
    from overrides o join units u using (unit_id) left join override_withdrawals w using (override_id)
    where o.valid_from < %(day)s and least(o.until_day, w.from_day - 1) >= greatest(o.valid_from, %(since)s)
      and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
), told as materialized (
    select i.unit_id, i.inspected_on, coalesce(s.class_before, s.risk_class) as risk_class, p.direction, p.first, p.last,
           exists (select from hazards h where h.inspection_id = i.inspection_id
                   and h.severity in ('critical', 'serious')) as found
    from full_visits i
    join units u using (unit_id)
    cross join lateral (
        select risk_class, class_before, override_id from scores
        where unit_id = i.unit_id and as_of <= i.inspected_on and as_of > i.inspected_on - 31
        order by as_of desc limit 1) s
    left join spans p on p.override_id = s.override_id
    where i.inspected_on < %(day)s
      and i.inspected_on >= greatest(%(since)s, (select min(first) from spans))
      and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
), moved as (
    select direction, risk_class, count(*) as visits, count(*) filter (where found) as found,
           count(distinct unit_id) as units, min(first) as first, max(last) as last
    from told where direction is not null group by direction, risk_class
)
select m.direction, m.risk_class, m.visits, m.found, m.units, b.visits as beside_visits, b.found as beside_found
from moved m
cross join lateral (
    select count(*) as visits, count(*) filter (where t.found) as found
    from told t
    where t.direction is null and t.risk_class = m.risk_class and t.inspected_on between m.first and m.last
      and not exists (select from spans p
                      where p.unit_id = t.unit_id and p.first <= m.last and p.last >= m.first)) b
order by m.direction, m.risk_class;
