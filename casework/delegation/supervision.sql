-- name: set_budget
-- A town's line in the budget of a year.
insert into town_budgets (town_code, year, amount_yuan, document, made_by)
values (%(town)s, %(year)s, %(amount)s, %(document)s, %(actor)s)
on conflict (town_code, year) do update set amount_yuan = excluded.amount_yuan, document = excluded.document,
    made_by = excluded.made_by, made_at = now();

-- name: budget
-- A town's line in the budget of a year.
select town_code, year, amount_yuan, document from town_budgets where town_code = %(town)s and year = %(year)s;

-- name: without_budget
-- Towns of some areas without a line in the budget of a year.
select t.area_code as town_code, t.name_zh, t.name_en from areas t
where t.level = 'town' and (%(areas)s::text[] is null or t.area_code = any(%(areas)s))
  and not exists (select from town_budgets b where b.town_code = t.area_code and b.year = %(year)s)
order by t.area_code limit 500;

-- name: add_action
-- What a joint meeting agreed on.
insert into meeting_actions (meeting, held_on, area_code, body, task, due_on, made_by)
values (%(meeting)s, %(held)s, %(area)s, %(body)s, %(task)s, %(due)s, %(actor)s) returning action_id;

-- name: action
-- One action, locked.
select * from meeting_actions where action_id = %s for update;

-- name: end_action
-- An action that was done.
update meeting_actions set done_on = %(day)s, result = %(result)s where action_id = %(id)s;

-- name: actions
-- Actions of some areas: open ones, those past their day, or all.
select action_id, meeting, held_on, area_code, body, task, due_on, done_on, result,
    done_on is null and due_on < %(day)s as overdue
from meeting_actions
where (%(areas)s::text[] is null or area_code = any(%(areas)s))
  and case %(state)s when 'open' then done_on is null when 'overdue' then done_on is null and due_on < %(day)s
      else true end
order by done_on is not null, due_on, action_id limit %(limit)s;

-- name: add_fault
-- A fault of a town or its officer.
insert into fault_cases (town_code, officer_no, act_id, found_on, fault, made_by)
values (%(town)s, %(officer)s, %(act)s, %(found)s, %(fault)s, %(actor)s) returning fault_id;

-- name: act
-- The number of an act.
select act_id, town_code from town_acts where noun = %(noun)s and ref = %(ref)s;

-- name: fault
-- One fault case, locked.
select * from fault_cases where fault_id = %s for update;

-- name: decide_fault
-- What was decided on a fault.
update fault_cases set decided_on = %(day)s, decision = %(decision)s where fault_id = %(id)s;

-- name: close_fault
-- A fault case that is over.
update fault_cases set closed_on = %(day)s where fault_id = %(id)s;

-- name: faults
-- Fault cases of some towns, the newest first.
select f.fault_id, f.town_code, f.officer_no, a.noun, a.ref, f.found_on, f.fault, f.decided_on, f.decision, f.closed_on
from fault_cases f left join town_acts a using (act_id)
where (%(areas)s::text[] is null or f.town_code = any(%(areas)s)) and (%(open)s = false or f.closed_on is null)
order by f.fault_id desc limit %(limit)s;

-- name: set_auxiliary
-- One of the staff that helps.
insert into auxiliaries (auxiliary_no, name, town_code, tasks, from_day, to_day, made_by)
values (%(number)s, %(name)s, %(town)s, %(tasks)s, %(from)s, %(to)s, %(actor)s)
on conflict (auxiliary_no) do update set name = excluded.name, town_code = excluded.town_code, tasks = excluded.tasks,
    from_day = excluded.from_day, to_day = excluded.to_day;

-- name: is_officer
-- Whether a number is an officer's.
select 1 from officers where officer_no = %s;

-- name: auxiliaries
-- The staff that helps in some towns on a day.
select auxiliary_no, name, town_code, tasks, from_day, to_day from auxiliaries
where (%(areas)s::text[] is null or town_code = any(%(areas)s)) and from_day <= %(day)s
  and coalesce(to_day, 'infinity') >= %(day)s
order by auxiliary_no limit 500;
