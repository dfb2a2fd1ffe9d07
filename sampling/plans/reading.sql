-- name: held
-- Active units by area, group, class, whether visited this year, and the month of a visit planned for them.
with counted as (
    select i.unit_id, min(i.inspected_on) filter (where i.status = 'done') as done,
           min(i.planned_on) filter (where i.status = 'planned') as booked
    from inspections i
    where i.kind = any(%(kinds)s)
      and ((i.status = 'done' and i.inspected_on >= %(year_start)s and i.inspected_on <= %(as_of)s)
        or (i.status = 'planned' and i.planned_on >= greatest(%(open_since)s, %(year_start)s)
            and i.planned_on <= %(year_end)s))
    group by i.unit_id
)
select u.area_code as area,
       case when not u.is_key then 'general' when u.is_crowded then 'duty' else 'key' end as "group",
       coalesce(s.risk_class, %(unscored)s)::text as risk_class, c.done is not null as done,
       case when c.done is null then extract(month from c.booked)::int end as booked, count(*)::int as units
from units u
left join counted c on c.unit_id = u.unit_id
left join scores s on s.unit_id = u.unit_id and s.as_of = %(scores_as_of)s
where u.status = 'active'
group by 1, 2, 3, 4, 5;

-- name: scores_as_of
-- The latest day with scores that is not after a day.
select max(as_of) as as_of from score_runs where as_of <= %s;

-- name: officers
-- Active officers with certificate and leave within the plan's days.
select o.officer_no, o.body, o.area_codes, o.can_lead, o.daily_visits, coalesce(o.certificate_no, '') <> '' as certified,
       o.certificate_from, o.certificate_to,
       coalesce(array_agg(array[l.from_day, l.to_day] order by l.from_day) filter (where l.officer_no is not null),
                '{}') as leave
from officers o
left join officer_leave l on l.officer_no = o.officer_no and l.to_day >= %(first)s and l.from_day <= %(last)s
where o.status = 'active'
group by o.officer_no
order by o.officer_no;

-- name: areas
-- The tree of areas with their names.
select area_code, parent_code, name_zh, name_en from areas order by area_code;
