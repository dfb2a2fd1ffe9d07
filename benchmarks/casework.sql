-- name: items
-- A catalogue of eighty items.
insert into inspection_items (item_code, valid_from, name_zh, severity)
select 'H' || lpad(n::text, 3, '0'), '2000-01-01', '检查项 ' || n, (array['critical', 'serious', 'minor'])[1 + n %% 3]
from generate_series(0, 79) n

-- name: officers
-- Forty of each district's brigade, three of each town, one of each town's police station.
insert into officers (officer_no, name, body, area_codes, certificate_no, certificate_from, certificate_to, can_lead)
select 'B' || area_code || '-' || n, '员' || area_code || n, 'brigade', array[area_code], 'C' || area_code || n,
       '2015-01-01'::date, '2040-12-31'::date, n %% 3 <> 0
from areas, generate_series(0, 39) n where level = 'district'
union all
select case when n < 3 then 'T' else 'P' end || area_code || '-' || n, '员' || area_code || n,
       case when n < 3 then 'town' else 'police_station' end, array[area_code], 'C' || area_code || n, '2015-01-01'::date,
       '2040-12-31'::date, n <> 1
from areas, generate_series(0, 3) n where level = 'town'

-- name: inspections
-- Five years of visits, ten in a hundred by police stations, those of three years to small places by towns; five in a
-- thousand are planned.
insert into inspections (inspection_id, inspection_no, unit_id, kind, arm, planned_on, started_at, ended_at, inspected_on,
    status, result, source, entered_by, trigger_code, time_class, staff, staff_bodies, staff_body) overriding system value
select n, 'J' || to_char(day, 'YYYYMMDD') || '-' || lpad(n::text, 8, '0'), unit_id, visit.kind,
       case when visit.kind = 'draw' then (array['random', 'targeted'])[1 + n %% 2] end, day,
       case when waits then null else day + time '02:00' end, case when waits then null else day + time '03:30' end,
       case when waits then null else day end, case when waits then 'planned' else 'done' end,
       case when waits then null when found < 0.15 then 'hazards_ordered' when found < 0.35 then 'hazards_corrected'
            else 'pass' end,
       'manual', 'benchmark', null, case when waits then null else 'working' end,
       case when visit.kind = 'daily' then 1 else 2 end, 1,
       case when visit.kind = 'daily' then 'police_station'
            when not waits and u.kind = 'small_place' and not u.is_key and day >= %(until)s::date - 1095 then 'town'
            else 'brigade' end
from (select n, 1 + floor(pg_temp.roll(n, 100) * %(units)s)::bigint as unit_id, waits, pg_temp.roll(n, 105) as found,
             case when what < 0.6 then 'draw' when what < 0.7 then 'daily' when what < 0.85 then 'reinspection'
                  when what < 0.95 then 'campaign' else 'complaint' end as kind,
             %(until)s::date + case when waits then floor(pg_temp.roll(n, 103) * 20)::integer
                                    else -1 - floor(pg_temp.roll(n, 104) * 1826)::integer end as day
      from generate_series(1, %(visits)s::bigint) n
      cross join lateral (select pg_temp.roll(n, 101) < 0.005 as waits, pg_temp.roll(n, 102) as what offset 0) r) visit
join units u using (unit_id)

-- name: inspection_officers
-- Two of whose visit it is, one of a police station.
insert into inspection_officers (inspection_id, officer_no, role)
select i.inspection_id, case i.staff_body when 'police_station' then 'P' || u.area_code || '-3'
    when 'town' then 'T' || u.area_code || '-' || m - 1
    else 'B' || left(u.area_code, 6) || '-' || (i.inspection_id + m * 7) %% 40 end, (array['lead', 'member'])[m]
from inspections i join units u using (unit_id), generate_series(1, 2) m where m <= i.staff

-- name: hazards
-- Up to three at a visit that found any.
insert into hazards (inspection_id, unit_id, item_code, severity, is_major, found_on, handling, due_on, corrected_on,
    staff_body)
select i.inspection_id, i.unit_id, 'H' || lpad(((i.inspection_id + number * 17) %% 80)::text, 3, '0'),
       case when pg_temp.roll(mark, 112) < 0.15 then 'critical' when pg_temp.roll(mark, 112) < 0.4 then 'serious'
            else 'minor' end, pg_temp.roll(mark, 113) < 0.002, i.inspected_on,
       case when i.result = 'hazards_ordered' then 'ordered' else 'corrected_on_spot' end,
       case when i.result = 'hazards_ordered' then i.inspected_on + 30 end,
       case when i.result <> 'hazards_ordered' then i.inspected_on
            when i.inspected_on < %(until)s::date - 60 and pg_temp.roll(i.inspection_id, 122) < 0.99
                then i.inspected_on + 25 end,
       i.staff_body
from inspections i, generate_series(0, 2) number cross join lateral (select i.inspection_id * 4 + number as mark) at
where i.status = 'done' and i.result in ('hazards_ordered', 'hazards_corrected')
  and (number = 0 or pg_temp.roll(mark, 111) < 0.36)

-- name: orders
-- One of each visit that ordered; one in a hundred of the old ones is still open.
insert into orders (order_no, inspection_id, unit_id, kind, served_on, correct_by, recheck_by, closed_on, created_by,
    staff_body)
select 'Z' || inspection_no, inspection_id, unit_id, 'time_limited', inspected_on, inspected_on + 30, inspected_on + 35,
       case when inspected_on < %(until)s::date - 60 and pg_temp.roll(inspection_id, 122) < 0.99
            then inspected_on + 25 + floor(20 * pg_temp.roll(inspection_id, 123))::integer end, 'benchmark', staff_body
from inspections where result = 'hazards_ordered' and status = 'done'

-- name: complaints
-- Five years of them; the last days' are open, and a few old ones.
insert into complaints (complaint_id, complaint_no, unit_id, received_at, channel, kind, check_by, checked_at, verified,
    told_at, told_how, entered_by) overriding system value
select n, 'T' || to_char(received, 'YYYYMMDD') || '-' || lpad(n::text, 6, '0'),
       1 + floor(pg_temp.roll(n, 130) * %(units)s)::bigint, received, (array['96119', 'phone', '12345'])[1 + n %% 3],
       'other', received + interval '3 days', case when is_checked then received + late end,
       case when is_checked then pg_temp.roll(n, 131) < 0.5 end,
       case when is_told then received + late + interval '1 day' end, case when is_told then 'phone' end, 'benchmark'
from generate_series(1, %(complaints)s::bigint) n
cross join lateral (select %(until)s::timestamptz - pg_temp.roll(n, 132) * interval '1826 days' as received) at
cross join lateral (select received < %(until)s::timestamptz - interval '6 days' and pg_temp.roll(n, 133) < 0.995 as is_checked,
                     case when pg_temp.roll(n, 134) < 0.05 then interval '4 days' else interval '2 days' end as late) done
cross join lateral (select is_checked and pg_temp.roll(n, 135) < 0.98 as is_told) told

-- name: complainants
-- One complaint in four has a name.
insert into complainants (complaint_id, name) select complaint_id, '举报人' from complaints where complaint_id %% 4 = 0

-- name: requests
-- Notices and applications for a check.
insert into visit_requests (request_no, kind, unit_id, received_at, from_body, decided_at, passed, handed_back_at, entered_by)
select 'Q' || to_char(received, 'YYYYMMDD') || '-' || lpad(n::text, 6, '0'),
       (array['opening', 'event', 'promise'])[1 + n %% 3], 1 + floor(pg_temp.roll(n, 140) * %(units)s)::bigint, received,
       '行政审批局', case when old then received + interval '6 days' end, case when old then pg_temp.roll(n, 141) < 0.8 end,
       case when old then received + interval '6 days' end, 'benchmark'
from generate_series(1, %(complaints)s::bigint / 2) n
cross join lateral (select %(until)s::timestamptz - pg_temp.roll(n, 142) * interval '1826 days' as received) at
cross join lateral (select received < %(until)s::timestamptz - interval '15 days' as old) done

-- name: result_publications
-- Results of two years; those of the last month wait, a few were kept back.
insert into result_publications (inspection_id, queued_at, decided_at, decided_by, withheld_why, published_at, published_by,
    place, told_at, told_how)
select inspection_id, ended_at, case when old then ended_at + interval '9 days' end, case when old then 'benchmark' end,
       case when old and kept then '涉及个人' end, case when old and not kept then ended_at + interval '10 days' end,
       case when old and not kept then 'benchmark' end, case when old and not kept then '网站' end,
       case when old and not kept and inspection_id %% 50 > 0 then ended_at + interval '11 days' end,
       case when old and not kept and inspection_id %% 50 > 0 then 'mail' end
from inspections cross join lateral (select inspected_on < %(until)s::date - 25 as old, inspection_id %% 100 = 3 as kept) o
where status = 'done' and kind in ('draw', 'campaign') and inspected_on >= %(until)s::date - 730

-- name: cases
-- Cases of five years; the last ones are open.
insert into cases (case_id, case_no, unit_id, area_code, inspection_id, party, regime, procedure, article, facts, items,
    officers, offence_on, life_safety, filed_at, filed_on, standing, decided_on, closed_on, entered_by) overriding system value
select n, 'A' || to_char(filed, 'YYYYMMDD') || '-' || lpad(n::text, 6, '0'), u.unit_id, u.area_code, null, 'organisation',
       case when n %% 10 = 0 then 'delegated' else 'own' end, case when n %% 5 = 0 then 'simple' else 'ordinary' end, '60.1.2',
       '占用疏散通道', array['H001'], array['B' || left(u.area_code, 6) || '-1', 'B' || left(u.area_code, 6) || '-2'],
       filed - 1, false, filed + time '02:00', filed,
       case when age > 120 then (array['archived', 'closed', 'archived', 'dropped'])[1 + n %% 4] when age > 70 then 'decided'
            else 'open' end,
       case when age > 70 then filed + 60 end, case when age > 120 then filed + 100 end, 'benchmark'
from generate_series(1, %(cases)s::bigint) n
cross join lateral (select floor(pg_temp.roll(n, 150) * 1826)::integer as age) aged
cross join lateral (select %(until)s::date - 1 - age as filed) day
join units u on u.unit_id = 1 + floor(pg_temp.roll(n, 151) * %(units)s)::bigint

-- name: case_steps
-- Five steps of each, the last with a decision.
insert into enforcement_steps (noun, ref, step, at, officers, details, entered_by)
select 'case', case_no, step, filed_at + place * interval '5 days', officers,
       case step when 'legal_review' then '{"reviewer": "R1"}' when 'decision' then '{"circumstance": "general"}'
                 else '{}' end::jsonb, 'benchmark'
from cases, unnest(array['filed', 'inquiry', 'notice', 'legal_review', 'decision']) with ordinality as s (step, place)
where place = 1 or standing <> 'open' or place <= 1 + case_id %% 4

-- name: penalties
-- What decided cases came to.
insert into penalties (penalty_id, case_no, unit_id, decided_on, kind, amount_yuan, article, entered_by)
overriding system value
select case_id, case_no, unit_id, decided_on, case when case_id %% 4 = 0 then 'warning' else 'fine' end,
       case when case_id %% 4 <> 0 then 5000 + case_id %% 45 * 1000 end, article, 'benchmark'
from cases where decided_on is not null and standing <> 'dropped'

-- name: penalty_officers
-- Two of each.
insert into penalty_officers (penalty_id, officer_no)
select penalty_id, officer from penalties join cases using (case_no), unnest(officers) officer

-- name: measures
-- A quarter as many as cases; one in twenty stands.
insert into measures (measure_id, measure_no, kind, unit_id, area_code, path, ground, scope, officers, began_at, began_on,
    until_on, standing, ended_on, entered_by) overriding system value
select n, 'C' || to_char(began, 'YYYYMMDD') || '-' || lpad(n::text, 6, '0'), aged.kind, u.unit_id, u.area_code, 'ordinary',
       'grave_danger', '二层', array['B' || left(u.area_code, 6) || '-1', 'B' || left(u.area_code, 6) || '-2'],
       began + time '02:00', began, case when aged.kind = 'seal' then began + 30 end,
       case when age < 30 then 'standing' else 'lifted' end, case when age >= 30 then began + 20 end, 'benchmark'
from generate_series(1, %(cases)s::bigint / 4) n
cross join lateral (select floor(pg_temp.roll(n, 160) * 1826)::integer as age,
                     (array['seal', 'suspension', 'forced_execution'])[1 + n %% 3] as kind) aged
cross join lateral (select %(until)s::date - 1 - age as began) day
join units u on u.unit_id = 1 + floor(pg_temp.roll(n, 161) * %(units)s)::bigint

-- name: major_hazards
-- One for every twenty cases.
insert into major_hazards (major_hazard_no, unit_id, area_code, way, elements, officers, found_at, found_on, standing, level,
    ended_on, entered_by)
select 'M' || to_char(found, 'YYYYMMDD') || '-' || lpad(n::text, 6, '0'), u.unit_id, u.area_code, 'direct', array['6.1'],
       array['B' || left(u.area_code, 6) || '-1', 'B' || left(u.area_code, 6) || '-2'], found + time '02:00', found,
       case when age > 200 then 'accepted' else (array['found', 'determined', 'listed'])[1 + n %% 3] end,
       case when age > 200 or n %% 3 = 2 then 'county' end, case when age > 200 then found + 150 end, 'benchmark'
from generate_series(1, %(cases)s::bigint / 20) n
cross join lateral (select floor(pg_temp.roll(n, 170) * 1826)::integer as age) aged
cross join lateral (select %(until)s::date - 1 - age as found) day
join units u on u.unit_id = 1 + floor(pg_temp.roll(n, 171) * %(units)s)::bigint

-- name: soft_measures
-- As many as cases.
insert into soft_measures (unit_id, area_code, kind, taken_on, officers, entered_by)
select u.unit_id, u.area_code, 'guidance', %(until)s::date - 1 - floor(pg_temp.roll(n, 175) * 1826)::integer,
       array['B' || left(u.area_code, 6) || '-1'], 'benchmark'
from generate_series(1, %(cases)s::bigint) n
join units u on u.unit_id = 1 + floor(pg_temp.roll(n, 176) * %(units)s)::bigint on conflict do nothing

-- name: agreements
-- Every town acts by delegation since three years ago.
insert into agreements (agreement_no, regime, town_code, principal_code, powers, from_day, to_day, signed_on, made_by)
select 'W' || area_code, 'delegated', area_code, parent_code, array['inspect', 'order'], %(until)s::date - 1100,
       %(until)s::date + 700, %(until)s::date - 1110, 'benchmark' from areas where level = 'town'

-- name: agreement_scopes
-- Forty of the items.
insert into agreement_scopes (agreement_id, version, from_day, item_codes, item_versions, made_by)
select agreement_id, 1, from_day, (select array_agg(item_code order by item_code) from inspection_items where item_code < 'H040'),
       (select array_agg(valid_from) from inspection_items where item_code < 'H040'), 'benchmark' from agreements

-- name: town_acts
-- Visits of three years at small places count as the town's, daily visits as the station's.
insert into town_acts (noun, ref, inspection_id, unit_id, town_code, body, agreement_id, regime, act, responsible, acted_on,
    video_ref, video_sha256, video_seconds, closed_on, made_by)
select 'inspection', i.inspection_no, i.inspection_id, i.unit_id, u.area_code, case when t then 'town' else 'police_station' end,
       case when t then agreement_id end, case when t then 'delegated' end, 'inspect',
       case when t then 'T' || u.area_code || '-0' else 'P' || u.area_code || '-3' end, i.inspected_on,
       case when i.inspection_id %% 40 > 0 then 'v' || i.inspection_id end,
       case when i.inspection_id %% 40 > 0 then repeat('a', 64) end, case when i.inspection_id %% 40 > 0 then 600 end,
       case when i.inspection_id %% 40 > 0 then i.inspected_on + 3 end, 'benchmark'
from inspections i join units u using (unit_id) join agreements g on g.town_code = u.area_code
cross join lateral (select i.kind <> 'daily' as t) of
where i.status = 'done' and i.inspected_on >= %(until)s::date - 1095
  and (i.kind = 'daily' or (u.kind = 'small_place' and not u.is_key))

-- name: referrals
-- What towns could not do themselves.
insert into referrals (referral_no, reason, unit_id, from_code, from_body, to_code, found_on, state, owner_code, owner_body,
    outcome, made_by, made_at)
select 'Y' || to_char(found, 'YYYYMMDD') || '-' || lpad(n::text, 6, '0'), 'key_unit', u.unit_id, u.area_code, 'town', a.parent_code,
       found, state, case when state in ('found', 'sent', 'returned') then u.area_code else a.parent_code end,
       case when state in ('found', 'sent', 'returned') then 'town' else 'brigade' end,
       case when state = 'closed' then 'done' end, 'benchmark', found + time '02:00'
from generate_series(1, %(complaints)s::bigint / 2) n
cross join lateral (select floor(pg_temp.roll(n, 180) * 1826)::integer as age) aged
cross join lateral (select %(until)s::date - 1 - age as found,
                     case when age > 20 then 'closed' else (array['sent', 'accepted', 'returned'])[1 + n %% 3] end as state) day
join units u on u.unit_id = 1 + floor(pg_temp.roll(n, 181) * %(units)s)::bigint join areas a on a.area_code = u.area_code

-- name: grids
-- Ten villages a town, five grids each.
insert into grids (grid_code, town_code, village_code, level, name, worker, made_by)
select area_code || '-' || v, area_code, null, 'village', '村' || v, null, 'benchmark'
from areas, generate_series(0, 9) v where level = 'town'
union all
select area_code || '-' || v || '-' || g, area_code, area_code || '-' || v, 'grid', '网格' || v || g, '网格员', 'benchmark'
from areas, generate_series(0, 9) v, generate_series(0, 4) g where level = 'town'

-- name: unit_grids
-- Nine units in ten lie in a grid.
insert into unit_grids (unit_id, grid_code, since, made_by)
select unit_id, area_code || '-' || unit_id %% 10 || '-' || unit_id / 10 %% 5, '2022-01-01', 'benchmark'
from units where unit_id %% 10 < 9

-- name: grid_leads
-- As many as complaints; the last month's are open.
insert into grid_leads (lead_id, lead_no, grid_code, town_code, place_kind, place, task_codes, found_at, found_by, signed,
    photo_ref, photo_sha256, state, passed_to, made_by) overriding system value
select n, 'L' || to_char(found, 'YYYYMMDD') || '-' || lpad(n::text, 6, '0'), g.grid_code, g.town_code, 'shop', '店铺' || n,
       array['exits'], found, '网格员', true, 'p' || n, repeat('a', 64), state,
       case when state not in ('found', 'told', 'closed') then 'town' end, 'benchmark'
from (select n, %(until)s::timestamptz - pg_temp.roll(n, 190) * interval '1826 days' as found,
             pg_temp.roll(n, 190) * 1826 as age, floor(pg_temp.roll(n, 191) * (select count(*) from grids where level = 'grid')) as g
      from generate_series(1, %(complaints)s::bigint) n) made
join (select grid_code, town_code, row_number() over (order by grid_code) - 1 as g from grids where level = 'grid') g using (g)
cross join lateral (select case when age < 30 then (array['found', 'told', 'passed_on'])[1 + n %% 3]
                          else (array['closed', 'finished'])[1 + n %% 2] end as state) s

-- name: lead_steps
-- Up to three of each.
insert into grid_lead_steps (lead_id, step, at, made_by)
select lead_id, s.step, found_at + s.place * interval '20 hours', 'benchmark'
from grid_leads, unnest(array['found', 'told', 'closed']) with ordinality as s (step, place)
where s.place = 1 or state in ('closed', 'finished') or (s.place = 2 and state <> 'found')

-- name: station_quotas
-- Once a year at each kind.
insert into station_quotas (area_code, unit_kind, from_day, yearly, basis, made_by)
select '990000', kind, '2020-01-01', 1, '年度计划', 'benchmark' from unnest(%(kinds)s::text[]) kind

-- name: guidance
-- A visit of guidance a quarter to each town.
insert into guidance_visits (town_code, visited_on, officers, note, made_by)
select area_code, %(until)s::date - n * 90, array['B' || left(area_code, 6) || '-1'], '指导', 'benchmark'
from areas, generate_series(1, 20) n where level = 'town'

-- name: fires
-- One for every two hundred units.
insert into fires (fire_no, unit_id, occurred_at, procedure)
select 'F' || n, 1 + floor(pg_temp.roll(n, 60) * %(units)s)::bigint,
       %(until)s::timestamptz - interval '1 day' - pg_temp.roll(n, 61) * interval '1800 days', 'simple'
from generate_series(1, %(units)s::bigint / 200) n

-- name: clocks
-- The clocks that have ended: orders, complaints, results and cases; and those of cases, measures and leads that run. What
-- else runs is started by the first night, as after an import.
insert into clocks (rule, noun, ref, unit_id, area_code, body, started_at, soon_at, due_at, done_at)
select rule, noun, ref, unit_id, u.area_code, 'brigade', started, greatest(started, due - interval '1 day'), due, done
from (
    select 'deadlines.order_corrected' as rule, 'order' as noun, order_no as ref, unit_id, served_on::timestamptz as started,
           correct_by::timestamptz as due, least(closed_on, correct_by)::timestamptz as done from orders where closed_on is not null
    union all
    select 'deadlines.recheck', 'order', order_no, unit_id, correct_by::timestamptz, recheck_by::timestamptz,
           greatest(closed_on, correct_by)::timestamptz from orders where closed_on is not null
    union all
    select 'deadlines.complaint_check', 'complaint', complaint_no, unit_id, received_at, check_by, checked_at
    from complaints where checked_at is not null
    union all
    select 'deadlines.complaint_tell', 'complaint', complaint_no, unit_id, received_at, received_at + interval '10 days', told_at
    from complaints where told_at is not null
    union all
    select 'deadlines.result_published', 'inspection', inspection_no, unit_id, queued_at, queued_at + interval '28 days',
           published_at from result_publications join inspections using (inspection_id) where published_at is not null
    union all
    select 'deadlines.penalty_decided', 'case', case_no, unit_id, filed_at, filed_at + interval '60 days', decided_on::timestamptz
    from cases where standing <> 'dropped'
    union all
    select 'deadlines.seal_longest', 'measure', measure_no, unit_id, began_at, began_at + interval '30 days', ended_on::timestamptz
    from measures where kind = 'seal'
) c join units u using (unit_id)
union all
select 'delegation.lead_told', 'lead', lead_no, null, town_code, 'town', found_at, found_at, found_at + interval '3 days', null
from grid_leads where state = 'found'
union all
select 'delegation.referral_answered', 'referral', referral_no, unit_id, to_code, 'brigade', made_at, made_at,
       made_at + interval '10 days', null from referrals where state = 'sent'
