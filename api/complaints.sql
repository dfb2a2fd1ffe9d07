-- name: open
-- Complaints that are not checked, by the moment they must be.
select c.complaint_id from complaints c
where (%(areas)s::text[] is null
       or (select u.area_code from units u where u.unit_id = c.unit_id) = any(%(areas)s::text[]))
  and (%(channel)s::text is null or c.channel = %(channel)s)
  and c.checked_at is null
  and (c.check_by, c.complaint_id) > (coalesce(%(at)s::timestamptz, '-infinity'), coalesce(%(id)s::bigint, 0))
order by c.check_by, c.complaint_id limit %(limit)s;

-- name: late
-- Complaints that are not checked and past their clock.
select c.complaint_id from complaints c
where (%(areas)s::text[] is null
       or (select u.area_code from units u where u.unit_id = c.unit_id) = any(%(areas)s::text[]))
  and (%(channel)s::text is null or c.channel = %(channel)s)
  and c.checked_at is null and c.check_by < %(now)s
  and (c.check_by, c.complaint_id) > (coalesce(%(at)s::timestamptz, '-infinity'), coalesce(%(id)s::bigint, 0))
order by c.check_by, c.complaint_id limit %(limit)s;

-- name: untold
-- Complaints that are checked and whose result nobody was told.
select c.complaint_id from complaints c
where (%(areas)s::text[] is null
       or (select u.area_code from units u where u.unit_id = c.unit_id) = any(%(areas)s::text[]))
  and (%(channel)s::text is null or c.channel = %(channel)s)
  and c.checked_at is not null and c.told_at is null and c.untold_why is null
  and (c.received_at, c.complaint_id) > (coalesce(%(at)s::timestamptz, '-infinity'), coalesce(%(id)s::bigint, 0))
order by c.received_at, c.complaint_id limit %(limit)s;

-- name: all
-- All complaints, newest first.
select c.complaint_id from complaints c
where (%(areas)s::text[] is null
       or (select u.area_code from units u where u.unit_id = c.unit_id) = any(%(areas)s::text[]))
  and (%(channel)s::text is null or c.channel = %(channel)s)
  and (c.received_at, c.complaint_id)
      < (coalesce(%(at)s::timestamptz, 'infinity'), coalesce(%(id)s::bigint, 9223372036854775807))
order by c.received_at desc, c.complaint_id desc limit %(limit)s;

-- name: one
-- One complaint of these areas.
select c.complaint_id from complaints c join units u using (unit_id)
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[])) and c.complaint_no = %(number)s;

-- name: rows
-- Complaints as lists and pages show them, in the order in which they are named.
select c.complaint_id, c.complaint_no, c.unit_id, u.unit_no, u.name as unit_name, c.received_at, c.channel, c.kind, c.anonymous,
       exists (select from complainants w where w.complaint_id = c.complaint_id and w.cleared_at is null) as named,
       c.check_by, c.checked_at, c.verified, i.inspection_no, k.due_at as tell_by, c.told_at, c.told_how, c.untold_why,
       f.complaint_no as same_fact_as, c.note, c.checked_at is null and c.check_by < %(now)s as late,
       case when r.complaint_id is not null then jsonb_build_object('state', r.state, 'band', r.band, 'amount_yuan',
           r.amount_yuan, 'decided_on', r.decided_on, 'decided_by', r.decided_by, 'paid_on', r.paid_on,
           'reason', r.reason) end as reward
from unnest(%(ids)s::bigint[]) with ordinality as picked (complaint_id, place)
join complaints c using (complaint_id) join units u using (unit_id) left join inspections i on i.inspection_id = c.inspection_id
left join complaints f on f.complaint_id = c.same_fact_as left join complaint_rewards r on r.complaint_id = c.complaint_id
left join clocks k on k.rule = 'deadlines.complaint_tell' and k.ref = c.complaint_no
order by picked.place;
