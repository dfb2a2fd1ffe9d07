-- name: add
-- One visit of guidance.
insert into guidance_visits (town_code, visited_on, officers, note, made_by)
values (%(town)s, %(day)s, %(officers)s, %(note)s, %(actor)s) on conflict do nothing returning guidance_id;

-- name: level
-- The level of an area and what lies above it.
select area_code, level, parent_code from areas where area_code = %s;

-- name: bodies
-- Officers of the brigade among some numbers.
select officer_no from officers where officer_no = any(%s) and body = 'brigade';

-- name: visits
-- Visits of guidance to some towns between two days, the newest first.
select town_code, visited_on, officers, note, made_by from guidance_visits
where (%(areas)s::text[] is null or town_code = any(%(areas)s)) and visited_on between %(first)s and %(last)s
order by visited_on desc, town_code limit %(limit)s;

-- name: empty
-- Towns with an agreement at some time of a quarter and fewer visits in it than policy asks for.
select t.area_code as town_code, t.name_zh, t.name_en, count(distinct v.visited_on) as visits
from areas t
left join guidance_visits v on v.town_code = t.area_code and v.visited_on between %(first)s and %(last)s
where t.level = 'town' and (%(areas)s::text[] is null or t.area_code = any(%(areas)s))
  and exists (select from agreements a where a.town_code = t.area_code and a.from_day <= %(last)s
              and coalesce(a.to_day, 'infinity') >= %(first)s and (a.ended_on is null or a.ended_on > %(first)s))
group by t.area_code, t.name_zh, t.name_en having count(distinct v.visited_on) < %(least)s
order by t.area_code limit 500;

-- name: without_clock
-- Towns with an agreement in force whose clock of the quarter does not run yet.
select distinct on (a.town_code) a.town_code, a.principal_code from agreements a
where a.from_day <= %(day)s and coalesce(a.to_day, 'infinity') >= %(day)s and (a.ended_on is null or a.ended_on > %(day)s)
  and not exists (select from clocks c where c.rule = 'delegation.guidance_quarter'
                  and c.ref = a.town_code || '/' || %(quarter)s::text)
order by a.town_code;
