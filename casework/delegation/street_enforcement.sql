-- name: by_street
-- Decisions of each street that stand, and their fines.
select t.area_code as town_code, t.name_zh, t.name_en, coalesce(x.cases, 0)::int as cases,
    coalesce(x.delegated, 0)::int as delegated, coalesce(x.empowered, 0)::int as empowered,
    coalesce(x.fines, 0)::int as fines, coalesce(x.fine_yuan, 0)::float8 as fine_yuan
from areas t
left join lateral (
    select count(*) as cases, count(*) filter (where a.regime = 'delegated') as delegated,
        count(*) filter (where a.regime = 'empowered') as empowered, count(*) filter (where p.kind = 'fine') as fines,
        sum(p.amount_yuan) filter (where p.kind = 'fine') as fine_yuan
    from town_acts a join penalties p on p.case_no = a.ref
    where a.noun = 'penalty' and a.body = 'town' and a.town_code = t.area_code
      and a.acted_on between %(first)s and %(last)s and p.withdrawn_on is null) x on true
where t.level = 'town' and (%(areas)s::text[] is null or t.area_code = any(%(areas)s))
order by t.area_code limit 1000;
