-- name: standing
-- Which of some numbers stand already.
select inspection_no, inspection_id, source from inspections where inspection_no = any(string_to_array(%s, chr(31)));

-- name: reserve
-- So many identities of visits to come.
select array(select nextval(s.name) from (select pg_get_serial_sequence('inspections', 'inspection_id')::regclass as name
                                          offset 0) s, generate_series(1, %s)) as numbers;

-- name: staff_told
-- Says for this transaction whether visits are written together with who made them.
select set_config('huoyan.staff_told', %s, true);

-- name: stage
-- Where visits that stand land before they are compared; gone with the transaction.
drop table if exists pg_temp.stage_visits, pg_temp.stage_visit_officers;
create temp table stage_visits (
    inspection_id bigint, unit_id bigint, staff integer, staff_bodies integer, staff_body text, inspection_no text, kind text,
    arm text, draw_no text, draw_probability float8, planned_on date, started_at timestamptz, ended_at timestamptz,
    inspected_on date, status text, result text, team text, note text, source text, entered_by text
) on commit drop;
create temp table stage_visit_officers (inspection_id bigint, officer_no text, role text) on commit drop;

-- name: differing
-- Staged visits of which something differs, each looked up by itself: a file has few beside what a city has.
select s.inspection_id from stage_visits s
cross join lateral (select * from inspections i where i.inspection_id = s.inspection_id offset 0) i
where i.source = s.source
  and (i.unit_id, i.kind, i.arm, i.draw_no, i.draw_probability, i.planned_on, i.started_at, i.ended_at, i.inspected_on,
       i.status, i.result, i.team, i.note)
   is distinct from
      (s.unit_id, s.kind, s.arm, s.draw_no, s.draw_probability, s.planned_on, s.started_at, s.ended_at, s.inspected_on,
       s.status, s.result, s.team, s.note);

-- name: change
-- Visits of some identities brought up to date.
update inspections i set unit_id = s.unit_id, kind = s.kind, arm = s.arm, draw_no = s.draw_no,
    draw_probability = s.draw_probability, planned_on = s.planned_on, started_at = s.started_at, ended_at = s.ended_at,
    inspected_on = s.inspected_on, status = s.status, result = s.result, team = s.team, note = s.note
from stage_visits s where i.inspection_id = any(%s) and s.inspection_id = i.inspection_id and s.source = i.source;

-- name: join
-- Officers of visits that stand; one that stands already is left.
insert into inspection_officers (inspection_id, officer_no, role)
select inspection_id, officer_no, role from stage_visit_officers
on conflict (inspection_id, officer_no) do nothing;
