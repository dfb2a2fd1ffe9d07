-- name: last_number
-- The highest place taken in a day by numbers of leads.
select max(substring(substr(lead_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from grid_leads where lead_no like %(prefix)s;

-- name: same
-- A lead that agrees in what was found, where and when.
select lead_no from grid_leads
where grid_code = %(grid)s and place = %(place)s and found_at = %(at)s and task_codes = %(tasks)s
limit 1;

-- name: insert
-- One lead.
insert into grid_leads (lead_no, grid_code, town_code, place_kind, place, unit_id, task_codes, found_at, found_by, signed,
    photo_ref, photo_sha256, note, made_by)
values (%(number)s, %(grid)s, %(town)s, %(kind)s, %(place)s, %(unit)s, %(tasks)s, %(at)s, %(by)s, true, %(photo)s,
    %(digest)s, %(note)s, %(actor)s)
returning lead_id;

-- name: step
-- One step of a lead.
insert into grid_lead_steps (lead_id, step, at, note, photo_ref, photo_sha256, made_by)
values (%(lead)s, %(step)s, %(at)s, %(note)s, %(photo)s, %(digest)s, %(actor)s);

-- name: locked
-- One lead, locked.
select * from grid_leads where lead_no = %s for update;

-- name: move
-- Where a lead stands.
update grid_leads set state = %(state)s, passed_to = %(to)s where lead_id = %(lead)s;

-- name: last_step
-- When the newest step of a lead was made.
select max(at) as at from grid_lead_steps where lead_id = %s;

-- name: listed
-- Leads of some towns, the newest first.
select l.lead_id, l.lead_no, l.grid_code, g.name as grid_name, l.town_code, l.place_kind, l.place, l.unit_id,
    l.task_codes, array(select coalesce(t.name, x.code) from unnest(l.task_codes) with ordinality as x (code, place)
        left join lateral (select name from grid_tasks t where t.town_code = l.town_code and t.task_code = x.code
                           and t.from_day <= legal_day(l.found_at) order by t.from_day desc limit 1) t on true
        order by x.place) as task_names,
    l.found_at, l.found_by, l.photo_ref, l.photo_sha256, l.state, l.passed_to, l.note, c.rule, c.due_at,
    c.due_at < %(now)s as late
from grid_leads l join grids g using (grid_code)
left join lateral (select rule, due_at from clocks c where c.noun = 'lead' and c.ref = l.lead_no and c.done_at is null
                   and c.dropped_at is null order by due_at limit 1) c on true
where (%(areas)s::text[] is null or l.town_code = any(%(areas)s)) and (%(town)s::text is null or l.town_code = %(town)s)
  and (%(grid)s::text is null or l.grid_code = %(grid)s) and (%(number)s::text is null or l.lead_no = %(number)s)
  and case %(state)s when 'open' then l.state not in ('closed', 'finished')
      when 'late' then l.lead_no in (select ref from clocks k where k.noun = 'lead' and k.done_at is null
                                                 and k.dropped_at is null and k.due_at < %(now)s)
      when 'all' then true else l.state = %(state)s end
  and (%(before)s::bigint is null or l.lead_id < %(before)s)
order by l.lead_id desc limit %(limit)s;

-- name: steps
-- The steps of a lead.
select step, at, note, photo_ref, photo_sha256, made_by from grid_lead_steps where lead_id = %s order by step_id;

-- name: copies
-- The departments to which a lead was copied.
select department, sent_on, received_on, done_on from lead_copies where lead_id = %s order by copy_id;

-- name: copy
-- A copy of a lead to a department.
insert into lead_copies (lead_id, department, sent_on, made_by) values (%(lead)s, %(department)s, %(day)s, %(actor)s)
on conflict do nothing returning copy_id;

-- name: answer_copy
-- What a department says of its copy.
update lead_copies set received_on = coalesce(received_on, %(day)s), done_on = case when %(done)s then %(day)s else done_on end
where lead_id = %(lead)s and department = %(department)s and sent_on <= %(day)s
returning received_on, done_on;

-- name: times
-- How long leads stayed in each state, in hours, by the steps made between two days. The steps of a lead follow each other
-- in time, so the next of a step is among the later ones.
select s.step as state, count(*) as leads, round(extract(epoch from avg(s.next - s.at)) / 3600, 1)::float as mean_hours
from (select z.step, z.at, lead(z.at) over (partition by z.lead_id order by z.step_id) as next
      from grid_lead_steps z
      where z.at >= %(first)s
        and (%(areas)s::text[] is null
             or z.lead_id in (select l.lead_id from grid_leads l where l.town_code = any(%(areas)s)))) s
where s.next is not null and s.at < %(until)s
group by s.step order by s.step;

-- name: shares
-- How leads found between two days ended: in the grid, passed on, still open, past their clock.
select count(*) as found, count(*) filter (where l.state = 'closed') as closed_in_grid,
    count(*) filter (where l.passed_to is not null) as passed_on,
    count(*) filter (where l.state not in ('closed', 'finished')) as open,
    count(*) filter (where l.lead_no in (select c.ref from clocks c where c.noun = 'lead' and c.done_at is null
                     and c.dropped_at is null and c.due_at < %(now)s)) as overdue
from grid_leads l
where (%(areas)s::text[] is null or l.town_code = any(%(areas)s)) and l.found_at >= %(first)s and l.found_at < %(until)s;
