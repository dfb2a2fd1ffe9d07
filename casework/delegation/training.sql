-- name: officer
-- An officer of a town with its first area.
select officer_no, body, area_codes from officers where officer_no = %s;

-- name: add
-- One attendance.
insert into training_days (officer_no, kind, held_on, hours, days, topic, made_by)
values (%(officer)s, %(kind)s, %(day)s, %(hours)s, %(days)s, %(topic)s, %(actor)s)
on conflict do nothing returning training_id;

-- name: add_pass
-- One assessment.
insert into officer_passes (officer_no, assessed_on, passed, score, assessed_by, made_by)
values (%(officer)s, %(day)s, %(passed)s, %(score)s, %(by)s, %(actor)s)
on conflict do nothing returning pass_id;

-- name: year
-- Days and hours of an officer in a year, by kind.
select kind, sum(days) as days, sum(hours) as hours from training_days
where officer_no = %(officer)s and held_on >= %(first)s and held_on < %(next)s group by kind order by kind;

-- name: ledger
-- Attendances in a year of officers of some areas, the newest first.
select t.officer_no, o.name, t.kind, t.held_on, t.hours, t.days, t.topic, t.made_by
from training_days t join officers o using (officer_no)
where (%(areas)s::text[] is null or o.area_codes && %(areas)s) and t.held_on >= %(first)s and t.held_on < %(next)s
  and (%(officer)s::text is null or t.officer_no = %(officer)s)
order by t.held_on desc, t.officer_no limit %(limit)s;

-- name: standing
-- Officers of towns on a day: certificate, last assessment, training before the post, days of the year by kind.
select o.officer_no, o.name, o.area_codes, o.certificate_no, o.certificate_to,
    o.certificate_no is not null and coalesce(o.certificate_from, '-infinity') <= %(day)s
        and coalesce(o.certificate_to, 'infinity') >= %(day)s as certified,
    (select p.passed from officer_passes p where p.officer_no = o.officer_no and p.assessed_on <= %(day)s
     order by p.assessed_on desc limit 1) as passed,
    (select p.assessed_on from officer_passes p where p.officer_no = o.officer_no and p.assessed_on <= %(day)s
     order by p.assessed_on desc limit 1) as assessed_on,
    exists (select from training_days t where t.officer_no = o.officer_no and t.kind = 'pre_post'
            and t.held_on <= %(day)s) as trained,
    coalesce(y.days, 0)::float as days, coalesce(y.by_kind, '{}') as by_kind
from officers o
left join lateral (
    select sum(k.days) as days, jsonb_object_agg(k.kind, k.hours) as by_kind
    from (select t.kind, sum(t.days) as days, sum(t.hours) as hours from training_days t
          where t.officer_no = o.officer_no and t.held_on >= %(first)s and t.held_on <= %(day)s group by t.kind) k) y on true
where o.body = 'town' and o.status = 'active' and (%(areas)s::text[] is null or o.area_codes && %(areas)s)
order by o.officer_no limit %(limit)s;

-- name: without_clock
-- Active officers of towns whose clock of the year does not run yet.
select o.officer_no, o.area_codes[1] as area_code from officers o
where o.body = 'town' and o.status = 'active'
  and not exists (select from clocks c where c.rule = 'delegation.training_year'
                  and c.ref = o.officer_no || '/' || %(year)s::text)
order by o.officer_no;
