-- name: roll
-- A uniform number in [0, 1) that hangs on nothing but its two numbers: the same city every time.
create function pg_temp.roll(subject bigint, salt integer) returns float8 language sql immutable parallel safe as $$
    select (hashint8extended(subject, salt) & 1048575) / 1048576.0::float8
$$

-- name: areas
-- One city, a district for each 25,000 units, ten towns in each.
with district as (
    select 'district' as level, (990100 + number)::text as code from generate_series(1, %(districts)s) number
), town as (
    select 'town' as level, code || lpad(number::text, 3, '0') || '000' as code, code as parent
    from district, generate_series(1, 10) number
)
insert into areas (area_code, parent_code, level, name_zh)
select '990000', null, 'city', '市' union all select code, '990000', level, code from district
union all select code, parent, level, code from town

-- name: units
-- One in ten belongs to a chain of about twenty; places are as dense at every size.
insert into units (unit_id, unit_no, name, uscc, area_code, kind, is_key, is_crowded, is_high_hazard, floor_area_m2, storeys,
    height_m, occupants, sleeping, dangerous_goods, built_year, lon, lat, attributes, registered_on, source)
overriding system value
select n, 'M' || lpad(n::text, 8, '0'), '单位' || n, '91' || lpad(n::text, 16, '0'),
       (990101 + floor(pg_temp.roll(n, 2) * %(districts)s))::text
           || lpad((1 + floor(pg_temp.roll(n, 3) * 10))::text, 3, '0') || '000',
       (%(kinds)s::text[])[1 + floor(pg_temp.roll(n, 4) * cardinality(%(kinds)s::text[]))],
       pg_temp.roll(n, 5) < 0.05, pg_temp.roll(n, 6) < 0.3, pg_temp.roll(n, 7) < 0.01,
       round(50 + 20000 * power(pg_temp.roll(n, 8), 4)), 1 + floor(30 * power(pg_temp.roll(n, 9), 3)),
       case when pg_temp.roll(n, 10) < 0.3 then 3 + floor(100 * power(pg_temp.roll(n, 9), 3)) end,
       case when pg_temp.roll(n, 11) < 0.8 then floor(1000 * power(pg_temp.roll(n, 8), 2)) end,
       pg_temp.roll(n, 12) < 0.2, pg_temp.roll(n, 13) < 0.05, 1960 + floor(65 * pg_temp.roll(n, 14)),
       case when pg_temp.roll(n, 15) < 0.95 then 104 + pg_temp.roll(n, 16) * sqrt(%(units)s / 50.0) * 500 / 97000 end,
       case when pg_temp.roll(n, 15) < 0.95 then 29 + pg_temp.roll(n, 17) * sqrt(%(units)s / 50.0) * 500 / 111320 end,
       jsonb_strip_nulls(jsonb_build_object(
           'tier', 'T' || floor(4 * pg_temp.roll(n, 18)),
           'opened', (%(until)s::date - floor(6000 * pg_temp.roll(n, 19))::integer)::text,
           'seats', case when pg_temp.roll(n, 20) < 0.5 then floor(500 * pg_temp.roll(n, 21)) end,
           'licence', 'L' || n,
           'operator', case when pg_temp.roll(n, 22) < 0.1
                            then '连锁' || floor(pg_temp.roll(n, 23) * %(units)s / 200) end)),
       %(until)s::date - 400 - floor(3000 * pg_temp.roll(n, 24))::integer, 'benchmark'
from generate_series(1, %(units)s::bigint) n

-- name: devices
-- One a unit: what a device says stands rolled up.
insert into devices (device_id, vendor_code, device_no, unit_id, kind, installed_on) overriding system value
select n, 'bench', 'D' || n, n, 'uitd', '2020-01-01' from generate_series(1, %(units)s::integer) n

-- name: visits
-- Five years of visits; a twentieth are re-inspections. Who is drawn is recorded for most.
insert into inspections (inspection_id, inspection_no, unit_id, kind, arm, draw_probability, inspected_on, status, result,
    team, source) overriding system value
select n, 'V' || lpad(n::text, 9, '0'), unit_id, case when pg_temp.roll(n, 32) < 0.05 then 'reinspection' else 'draw' end,
       case when pg_temp.roll(n, 33) < 0.3 then 'random' when pg_temp.roll(n, 33) < 0.8 then 'targeted' else 'duty' end,
       case when pg_temp.roll(n, 34) < 0.9 then 0.01 + 0.6 * power(pg_temp.roll(n, 35), 2) end,
       %(until)s::date - 1 - floor(pg_temp.roll(n, 36) * 1826)::integer, 'done',
       case when pg_temp.roll(n, 37) < 0.15 then 'hazards_ordered' when pg_temp.roll(n, 37) < 0.4 then 'hazards_corrected'
            else 'pass' end,
       'team-' || lpad(team::text, 4, '0'), 'benchmark'
from (select n, 1 + floor(pg_temp.roll(n, 30) * %(units)s)::bigint as unit_id,
             floor(pg_temp.roll(n, 31) * greatest(%(units)s / 5000, 5))::bigint as team
      from generate_series(1, %(visits)s::bigint) n) visit

-- name: hazards
-- Up to four at a visit: more where the unit is bad by nature, of a bad kind, or the team is strict.
insert into hazards (inspection_id, unit_id, item_code, severity, is_major, found_on, handling, due_on, corrected_on)
select inspection_id, unit_id, 'H' || lpad((item * 4 + number)::text, 3, '0'),
       case when pg_temp.roll(mark, 42) < 0.15 then 'critical' when pg_temp.roll(mark, 42) < 0.4 then 'serious'
            else 'minor' end,
       pg_temp.roll(mark, 43) < 0.002, inspected_on,
       case when ordered then 'ordered' else 'corrected_on_spot' end,
       case when ordered then inspected_on + 30 end,
       case when not ordered then inspected_on when pg_temp.roll(mark, 45) < 0.9
            then inspected_on + floor(60 * pg_temp.roll(mark, 46))::integer end
from (
    select i.inspection_id, i.unit_id, i.inspected_on, number, i.inspection_id * 4 + number as mark,
           floor(20 * pg_temp.roll(i.inspection_id * 4 + number, 47))::integer as item,
           pg_temp.roll(i.inspection_id * 4 + number, 44) < 0.3 as ordered
    from inspections i join units u using (unit_id), generate_series(0, 3) number
    where pg_temp.roll(i.inspection_id * 4 + number, 40)
        < (0.1 + 0.6 * power(pg_temp.roll(i.unit_id, 41), 3)) * (0.6 + 0.8 * pg_temp.roll(hashtext(u.kind), 48))
          * (0.5 + pg_temp.roll(hashtext(i.team), 49))
) found

-- name: penalties
-- One unit in fifty was fined.
insert into penalties (case_no, unit_id, decided_on, kind, article)
select 'P' || n, 1 + floor(pg_temp.roll(n, 50) * %(units)s)::bigint,
       %(until)s::date - 1 - floor(pg_temp.roll(n, 51) * 1800)::integer,
       case when pg_temp.roll(n, 52) < 0.2 then 'suspension' else 'fine' end, '60'
from generate_series(1, %(units)s::bigint / 50) n

-- name: complaints
-- One for every five units.
insert into complaints (complaint_no, unit_id, received_at, channel, kind, check_by, checked_at, verified)
select 'C' || n, 1 + floor(pg_temp.roll(n, 55) * %(units)s)::bigint, received, 'phone', 'other', received + interval '3 days',
       received + interval '2 days', pg_temp.roll(n, 56) < 0.5
from generate_series(1, %(units)s::bigint / 5) n,
     lateral (select %(until)s::timestamptz - pg_temp.roll(n, 57) * interval '1800 days' - interval '3 days' as received) at

-- name: fires
-- One for every two hundred units.
insert into fires (fire_no, unit_id, occurred_at, procedure)
select 'F' || n, 1 + floor(pg_temp.roll(n, 60) * %(units)s)::bigint,
       %(until)s::timestamptz - interval '1 day' - pg_temp.roll(n, 61) * interval '1800 days',
       case when pg_temp.roll(n, 62) < 0.1 then 'ordinary' else 'simple' end
from generate_series(1, %(units)s::bigint / 200) n

-- name: credit
-- Three entries for every ten units.
insert into credit_entries (unit_id, occurred_on, points, event_kind, event_ref, article)
select 1 + floor(pg_temp.roll(n, 65) * %(units)s)::bigint,
       %(until)s::date - 1 - floor(pg_temp.roll(n, 66) * 1800)::integer, -5 - floor(20 * pg_temp.roll(n, 67)),
       'penalty_fine', 'B' || n, '60'
from generate_series(1, %(units)s::bigint * 3 / 10) n

-- name: listings
-- One unit in a hundred stands on a list.
insert into credit_listings (unit_id, list, from_day, basis)
select n * 100, case when pg_temp.roll(n, 70) < 0.2 then 'serious' when pg_temp.roll(n, 70) < 0.6 then 'general'
                     else 'red' end, %(until)s::date - 1 - floor(pg_temp.roll(n, 71) * 300)::integer, 'x'
from generate_series(1, %(units)s::bigint / 100) n

-- name: alarms
-- Three cases for every ten units in ninety days, most of them false.
insert into alarms (device_id, unit_id, kind, opened_at, received_at, last_at, restored_at, verdict, verdict_at)
select unit_id, unit_id, 'fire_alarm', opened, opened, opened, opened + interval '1 hour',
       case when pg_temp.roll(n, 75) < 0.7 then 'false' when pg_temp.roll(n, 75) < 0.75 then 'confirmed' end,
       opened + interval '2 hours'
from (select n, 1 + floor(pg_temp.roll(n, 76) * %(units)s)::bigint as unit_id,
             %(until)s::timestamptz - interval '1 day' - pg_temp.roll(n, 77) * interval '88 days' as opened
      from generate_series(1, %(units)s::bigint * 3 / 10) n) opened
on conflict do nothing

-- name: events
-- One alarm system in a hundred was out of use for a while; one in ten of these still is.
insert into events (device_id, ts, kind, active, received_at, source)
select n * 100, at, 'system_off', active, at, 'json'
from generate_series(1, %(units)s::bigint / 100) n,
     lateral (select %(until)s::timestamptz - interval '2 days' - pg_temp.roll(n, 80) * interval '80 days' as began) off,
     lateral (select true as active, began as at union all
              select false, began + interval '6 hours' where pg_temp.roll(n, 81) < 0.9) turned

-- name: unit_days
-- What three devices a unit said on a day some days back, as the roll-up of that night writes it.
insert into unit_days (unit_id, day, devices, devices_heard, readings, faults, fault_hours, offline_hours, shielded_hours,
    system_off_hours, pressure_readings, pressure_out, leakage_readings, leakage_over, battery_low, computed_at)
select n, %(until)s::date - back, 3, 3, 200, (n * back %% 97 = 0)::integer, (n + back) %% 7 / 3.0, (n * back) %% 11 / 4.0,
       case when n %% 9 = 0 then back %% 5 / 7.0 else 0 end, case when n %% 53 = 0 then back %% 3 / 9.0 else 0 end, 96,
       (n + back) %% 13 / 12, 96, (n + back) %% 17 / 16, (n %% 71 = 0)::integer, %(until)s::timestamptz
from generate_series(1, %(units)s::bigint) n, (select %(back)s::integer as back) night
