-- name: first_day
-- The first day after a day that has no scores; a day scored far ahead by mistake must not hold everything up until then.
select coalesce(min(ahead)::date, %(day)s::date + 367) as first
from generate_series(%(day)s::date + 1, %(day)s::date + 366, interval '1 day') ahead
where not exists (select from score_runs r where r.as_of = ahead::date);

-- name: unit
-- The unit that is to be moved.
select unit_id, unit_no, status from units where unit_no = %(unit_no)s;

-- name: standing
-- An override of the unit that moves scores of a day or later.
select o.override_id, o.made_by, o.until_day from overrides o left join override_withdrawals w using (override_id)
where o.unit_id = %(unit)s and o.until_day >= %(first)s and (w.from_day is null or w.from_day > %(first)s)
order by o.override_id desc limit 1;

-- name: recused
-- Whether an officer is recused from the unit.
select 1 as found from officer_recusals where unit_id = %(unit)s and officer_no = %(officer)s;

-- name: insert
-- An override.
insert into overrides (unit_id, direction, classes, reason_code, reason, valid_from, until_day, made_by, made_at)
values (%(unit)s, %(direction)s, %(classes)s, %(code)s, %(reason)s, %(first)s, %(until)s, %(actor)s, %(at)s)
returning override_id;

-- name: withdraw
-- From the day on, the override moves no score.
insert into override_withdrawals (override_id, from_day, reason, withdrawn_by, withdrawn_at)
values (%(override)s, %(first)s, %(reason)s, %(actor)s, %(at)s);

-- name: listed
-- Overrides with their unit, their withdrawal and the full visits made while they held; last_day is the last day held.
select count(*) over () as total, o.override_id, o.unit_id, u.unit_no, u.name as unit_name, u.area_code,
       n.name_zh as area_zh, n.name_en as area_en, o.direction, o.classes, o.reason_code, o.reason, o.valid_from,
       o.until_day, o.made_by, o.made_at, w.withdrawn_by, w.withdrawn_at, w.from_day as withdrawn_from,
       w.reason as withdrawal_reason, s.state, v.visits, v.found
from overrides o
join units u using (unit_id)
join areas n on n.area_code = u.area_code
left join override_withdrawals w using (override_id)
cross join lateral (
    select case when w.from_day <= greatest(o.valid_from, %(day)s) then 'withdrawn'
                when o.until_day < %(day)s then 'ended' when o.valid_from > %(day)s then 'to_come'
                else 'in_force' end as state) s
cross join lateral (
    select count(*) as visits, count(*) filter (where exists (
               select from hazards h where h.inspection_id = i.inspection_id
               and h.severity in ('critical', 'serious'))) as found
    from full_visits i
    where i.unit_id = o.unit_id
      and i.inspected_on between o.valid_from and least(o.until_day, w.from_day - 1, %(day)s)) v
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(override)s::bigint is null or o.override_id = %(override)s)
  and (%(unit)s::bigint is null or o.unit_id = %(unit)s)
  and (%(direction)s::text is null or o.direction = %(direction)s)
  and (case %(state)s when 'all' then true when 'standing' then s.state in ('in_force', 'to_come')
       else s.state in ('withdrawn', 'ended') end)
order by o.override_id desc
limit %(limit)s offset %(offset)s;
