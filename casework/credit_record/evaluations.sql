-- name: inputs
-- What the grade of each unit that is evaluated rests on, of units without one for the year.
select u.unit_id, coalesce(e.points, 0) as points, l.list, coalesce(p.penalties, 0) as penalties,
       coalesce(h.hazards, 0) as major_hazards
from units u
left join (select unit_id, sum(points) as points from credit_entries where occurred_on <= %(day)s group by unit_id) e
    using (unit_id)
left join (select unit_id, case when bool_or(list = 'serious') then 'serious' when bool_or(list = 'general')
                  then 'general' else 'red' end as list
           from credit_listings where from_day <= %(day)s and (to_day is null or to_day >= %(day)s) group by unit_id) l
    using (unit_id)
left join (select unit_id, count(*) as penalties from penalties p
           where decided_on between %(first)s and %(day)s and (withdrawn_on is null or withdrawn_on > %(day)s)
             and kind <> 'seal' and not further_kind(p.case_no)
             and not exists (select from cases c where c.party = 'citizen'
                             and c.case_no in (p.case_no, regexp_replace(p.case_no, '-[0-9]+$', '')))
           group by unit_id) p using (unit_id)
left join (select unit_id, count(*) as hazards from hazards
           where is_major and found_on <= %(day)s and (corrected_on is null or corrected_on > %(day)s)
           group by unit_id) h using (unit_id)
where ((%(key)s and u.is_key) or u.kind = any(%(kinds)s::text[])) and u.status = 'active'
  and (u.registered_on is null or u.registered_on <= %(day)s)
  and not exists (select from credit_evaluations d where d.year = %(year)s and d.unit_id = u.unit_id);

-- name: insert
-- The snapshot of a year.
insert into credit_evaluations (unit_id, year, as_of, inputs, grade, measures, policy_version)
select n.unit_id, %(year)s, %(day)s, n.inputs, n.grade, n.measures, %(version)s
from unnest(%(units)s::bigint[], %(inputs)s::jsonb[], %(grades)s::text[], %(measures)s::text[])
     as n (unit_id, inputs, grade, measures)
on conflict (year, unit_id) do nothing;
