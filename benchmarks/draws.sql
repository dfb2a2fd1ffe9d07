-- name: areas
-- One city of twenty districts.
insert into areas (area_code, parent_code, level, name_zh)
select '990000', null, 'city', '市'
union all select (990100 + n)::text, '990000', 'district', '区' || n from generate_series(1, 20) n

-- name: units
-- One unit in fifty has to be visited every year, one in sixteen is another key unit.
insert into units (unit_id, unit_no, name, area_code, kind, is_key, is_crowded) overriding system value
select n, 'M' || lpad(n::text, 8, '0'), '单位' || n, (990101 + hash %% 20)::text, 'other', hash / 32 %% 1000 < 80,
       hash / 32 %% 1000 < 20
from (select n, hashint8extended(n, 1) & 1099511627775 as hash from generate_series(1, %(units)s::bigint) n) made

-- name: visits
-- Half of the units have been visited, one in seven of all this year.
insert into inspections (inspection_no, unit_id, kind, inspected_on, status, result)
select 'V' || n, n, 'import', %(day)s::date - case when hash %% 100 < 15 then 1 + (hash / 128 %% 300)::int
                                                 else 310 + (hash / 128 %% 1200)::int end, 'done', 'pass'
from (select n, hashint8extended(n, 2) & 1099511627775 as hash from generate_series(1, %(units)s::bigint) n) made
where hash %% 100 < 57

-- name: officers
-- One officer for each five hundred units, all of the brigade of one district, two in three may lead, six visits a day.
insert into officers (officer_no, name, body, area_codes, certificate_no, certificate_from, certificate_to, can_lead,
    daily_visits)
select 'O' || lpad(n::text, 5, '0'), '员' || n, 'brigade', array[(990101 + n %% 20)::text], 'C' || n, '2020-01-01',
       '2030-12-31', n %% 3 <> 0, 6
from generate_series(1, %(officers)s::int) n

-- name: recusals
-- Every officer is recused from one unit of the own district.
insert into officer_recusals (officer_no, unit_id, reason)
select o.officer_no, u.unit_id, 'kin' from (select officer_no, area_codes[1] as area, row_number() over () as n from officers) o
cross join lateral (select unit_id from units where area_code = o.area order by unit_id offset o.n limit 1) u

-- name: score_run
-- The night's run.
insert into score_runs (as_of, model, policy_version, units, started_at) values (%(day)s, 'scorecard', 'bench', %(units)s, now())

-- name: scores
-- Classes of 70, 22, 6 and 2 in a hundred, each with scores that go with it.
insert into scores (unit_id, as_of, score, rank, risk_class, base_class, contributions)
select n, %(day)s, least(100, c * 22 + (hash / 128 %% 2500) / 100.0), n, substr('ABCD', c + 1, 1), substr('ABCD', c + 1, 1), '[]'
from (select n, hash, case when hash %% 100 < 70 then 0 when hash %% 100 < 92 then 1 when hash %% 100 < 98 then 2 else 3 end as c
      from (select n, hashint8extended(n, 3) & 1099511627775 as hash from generate_series(1, %(units)s::bigint) n) made) classed
