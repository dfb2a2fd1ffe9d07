-- name: stage
-- Where visits land before they are merged; gone with the transaction. Officers and their roles are texts with a break
-- between: of a hundred thousand visits there are few teams.
drop table if exists pg_temp.stage_visits, pg_temp.standing_visits;
create temp table stage_visits (
    inspection_no text, unit_no text, kind text, arm text, draw_no text, draw_probability float8, planned_on date,
    started_at timestamptz, ended_at timestamptz, inspected_on date, status text, result text, team text, note text,
    source text, entered_by text, officer_nos text, roles text
) on commit drop;
create temp table standing_visits (inspection_no text, inspection_id bigint, source text) on commit drop;

-- name: stray_unit
-- The first unit that is not in the register.
select s.unit_no as key from stage_visits s left join units u using (unit_no) where u.unit_id is null limit 1;

-- name: stray_officer
-- The first officer who is not in the register.
select n.officer_no as key
from (select distinct officer_nos from stage_visits) s, unnest(string_to_array(s.officer_nos, chr(31))) as n (officer_no)
where not exists (select from officers o where o.officer_no = n.officer_no) limit 1;

-- name: standing
-- Which numbers stand already, each looked up by itself: a file has few beside what a city has.
insert into standing_visits
select s.inspection_no, i.inspection_id, i.source from (select distinct inspection_no from stage_visits) s
cross join lateral (select inspection_id, source from inspections i where i.inspection_no = s.inspection_no offset 0) i;

-- name: analyze_standing
-- As of the stage: a fresh table has no statistics.
analyze standing_visits;

-- name: standing_elsewhere
-- Numbers that stand from another source.
select inspection_no as number from standing_visits where source <> %s;

-- name: change
-- Visits of the same source brought up to date.
update inspections i set unit_id = u.unit_id, kind = s.kind, arm = s.arm, draw_no = s.draw_no,
    draw_probability = s.draw_probability, planned_on = s.planned_on, started_at = s.started_at, ended_at = s.ended_at,
    inspected_on = s.inspected_on, status = s.status, result = s.result, team = s.team, note = s.note
from (select distinct on (inspection_no) * from stage_visits order by inspection_no) s
join standing_visits k using (inspection_no) join units u using (unit_no)
where i.inspection_id = k.inspection_id and i.source = s.source
  and (i.unit_id, i.kind, i.arm, i.draw_no, i.draw_probability, i.planned_on, i.started_at, i.ended_at, i.inspected_on,
       i.status, i.result, i.team, i.note)
   is distinct from
      (u.unit_id, s.kind, s.arm, s.draw_no, s.draw_probability, s.planned_on, s.started_at, s.ended_at, s.inspected_on,
       s.status, s.result, s.team, s.note);

-- name: join
-- Officers of visits that stand from the same source; one that stands already is left.
insert into inspection_officers (inspection_id, officer_no, role)
select k.inspection_id, o.officer_no, o.role from stage_visits s join standing_visits k using (inspection_no)
cross join lateral unnest(string_to_array(s.officer_nos, chr(31)), string_to_array(s.roles, chr(31))) as o (officer_no, role)
where k.source = s.source
  and not exists (select from inspection_officers w
                  where w.inspection_id = k.inspection_id and w.officer_no = o.officer_no)
on conflict (inspection_id, officer_no) do nothing;

-- name: staff_told
-- Says for this transaction whether visits are written together with who made them.
select set_config('huoyan.staff_told', %s, true);

-- name: place
-- New visits in the order of their days, which are neighbours in the indexes, with their officers.
with told as materialized (
    select distinct on (inspection_no) * from stage_visits order by inspection_no
), teams as materialized (
    select s.officer_nos, count(distinct o.officer_no)::integer as staff, count(distinct o.body)::integer as bodies,
           case when bool_or(o.body = 'brigade') then 'brigade' when bool_or(o.body = 'town') then 'town'
                else 'police_station' end as body
    from (select distinct officer_nos from stage_visits) s
    cross join lateral unnest(string_to_array(s.officer_nos, chr(31))) as n (officer_no) join officers o using (officer_no)
    group by s.officer_nos
), made as (
    insert into inspections (inspection_no, unit_id, kind, arm, draw_no, draw_probability, planned_on, started_at, ended_at,
        inspected_on, status, result, team, note, source, entered_by, staff, staff_bodies, staff_body)
    select s.inspection_no, u.unit_id, s.kind, s.arm, s.draw_no, s.draw_probability, s.planned_on, s.started_at, s.ended_at,
        s.inspected_on, s.status, s.result, s.team, s.note, s.source, s.entered_by, t.staff, t.bodies,
        coalesce(t.body, 'brigade')
    from told s
    join units u using (unit_no) left join teams t using (officer_nos)
    where not exists (select from standing_visits k where k.inspection_no = s.inspection_no)
    order by s.inspected_on
    on conflict (inspection_no) do nothing
    returning inspection_id, inspection_no
), staffed as (
    insert into inspection_officers (inspection_id, officer_no, role)
    select m.inspection_id, o.officer_no, o.role
    from made m join told s using (inspection_no)
    cross join lateral unnest(string_to_array(s.officer_nos, chr(31)), string_to_array(s.roles, chr(31)))
        as o (officer_no, role)
    on conflict (inspection_id, officer_no) do nothing
    returning 1
)
select (select count(*) from made) as inserted, (select count(*) from staffed) as officers;
