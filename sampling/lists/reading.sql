-- name: lists
-- List draws, newest first, with how many visits each has in these areas; areas null: everywhere.
select d.draw_no, d.draw_date, d.kind, d.title, d.sequence, d.status, d.policy_version, d.commitment, d.previous,
       d.frozen_at, d.entropy, d.seed, d.record_hash, d.drawn_at, l.list_no, o.draw_no as of_draw,
       count(v.position) as visits, min(v.planned_on) as first_day, max(v.planned_on) as last_day
from draws d
left join draw_lists l on l.list_id = d.list_id
left join draws o on o.draw_id = d.of_draw
left join list_visits v on v.draw_id = d.draw_id
left join units u on u.unit_id = v.unit_id
where d.kind <> 'daily' and (%(kind)s::text is null or d.kind = %(kind)s)
  and (%(list)s::text is null or l.list_no = %(list)s)
  and (%(below)s::int is null or d.sequence < %(below)s)
group by d.draw_id, l.list_id, o.draw_id
having %(areas)s::text[] is null or l.area_codes && %(areas)s
    or coalesce(bool_or(v.unit_id is null or u.area_code = any(%(areas)s)), false)
order by d.sequence desc limit %(limit)s;

-- name: one
-- A list draw by its number, with its content.
select d.draw_id, d.draw_no, d.draw_date, d.kind, d.title, d.sequence, d.status, d.policy_version, d.commitment,
       d.previous, d.frozen_at, d.entropy, d.seed, d.record_hash, d.drawn_at, d.frame, d.bundle, l.list_no,
       o.draw_no as of_draw, o.draw_date as of_date, o.kind as of_kind, b.record_hash as record_before,
       b.commitment as commitment_before
from draws d
left join draw_lists l on l.list_id = d.list_id
left join draws o on o.draw_id = d.of_draw
left join draws b on b.sequence = d.sequence - 1
where d.draw_no = %s and d.kind <> 'daily';

-- name: visits
-- The visits of a list with names and what became of them; areas null: everywhere.
select v.position, v.object_no, v.name, v.unit_id, u.unit_no, u.kind as unit_kind, u.address, u.area_code,
       a.name_zh as area_zh, a.name_en as area_en, v.planned_on, v.probability, v.stands_for, r.inspection_no as replaces,
       r.inspection_id as replaces_id, v.inspection_id, i.inspection_no, i.status, i.result,
       (select r.draw_no from draws r join list_visits n on n.draw_id = r.draw_id
        where r.of_draw = v.draw_id and n.stands_for = v.object_no) as replaced_by,
       (select jsonb_agg(jsonb_build_object(
            'department', t.department, 'lead', t.lead, 'second', t.second,
            'lead_name', coalesce(lo.name, lj.name, t.lead), 'second_name', coalesce(so.name, sj.name, t.second))
            order by t.department <> 'fire', t.department)
        from list_teams t
        left join officers lo on t.department = 'fire' and lo.officer_no = t.lead
        left join officers so on t.department = 'fire' and so.officer_no = t.second
        left join joint_officers lj on lj.department = t.department and lj.officer_no = t.lead
        left join joint_officers sj on sj.department = t.department and sj.officer_no = t.second
        where t.draw_id = v.draw_id and t.position = v.position) as teams
from list_visits v
left join units u using (unit_id)
left join areas a on a.area_code = u.area_code
left join inspections r on r.inspection_id = v.replaces
left join inspections i on i.inspection_id = v.inspection_id
where v.draw_id = %(draw_id)s
  and (%(areas)s::text[] is null or v.unit_id is null or u.area_code = any(%(areas)s))
order by v.position;

-- name: standing
-- The departments whose teams stand where others drew anew, each with the draw that their teams come from.
select distinct on (t.department) t.department, j.name_zh as name, o.draw_no
from list_teams t join joint_departments j on j.department = t.department
join draws d on d.draw_id = t.draw_id
join lateral (
    with recursive line as (
        select d.of_draw as draw_id, 0 as step
        union all
        select b.of_draw, line.step + 1 from line join draws b on b.draw_id = line.draw_id
        where not exists (
            select from jsonb_array_elements(convert_from(b.frame, 'UTF8')::jsonb -> 'departments') one
            where one ->> 'department' = t.department)
    )
    select f.draw_no from line join draws f on f.draw_id = line.draw_id order by line.step desc limit 1) o on true
where t.draw_id = %(draw_id)s and t.department <> all(%(drawing)s)
order by t.department, t.position;

-- name: replacements
-- The replacements made in the visits of a draw: which visit, by which.
select r.draw_no, r.title, r.drawn_at, was.inspection_id as was_id, was.inspection_no as was_no, v.stands_for,
       v.inspection_id, v.name, v.unit_id
from draws d
join draws r on r.of_draw = d.draw_id and r.kind = 'replacement' and r.status = 'drawn'
join list_visits v on v.draw_id = r.draw_id
left join inspections was on was.inspection_id = v.replaces
left join units u on u.unit_id = v.unit_id
where d.draw_no = %(draw)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
order by r.sequence, v.position;

-- name: of_inspection
-- What a visit replaces and what it has been replaced by. Where other departments alone drew anew it goes on, and the
-- newest draw is told.
select (select d.draw_no from list_visits v join draws d using (draw_id) where v.replaces = %(id)s limit 1) as replaced_by,
       r.inspection_no as replaces, r.inspection_id as replaces_id, v.draw_no, v.kind, v.title
from (select) one
left join lateral (select w.replaces, d.draw_no, d.kind, d.title from list_visits w join draws d using (draw_id)
                   where w.inspection_id = %(id)s order by d.sequence desc limit 1) v on true
left join inspections r on r.inspection_id = v.replaces;
