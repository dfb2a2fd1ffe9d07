-- Each statement returns the acts that a detector marks: noun, ref, unit, area, body, officers, day, and the facts. Acts
-- are those of the days first to last.

-- name: beyond_power
-- Acts of towns and stations alone (no officer of the brigade took part) at a key unit, or of a town without an agreement that
-- day, and cases under an agreement that there was not.
with acted as (
    select i.inspection_id, i.inspection_no, i.unit_id, i.inspected_on, u.area_code, u.is_key,
           array_agg(w.officer_no order by w.officer_no) as officers, bool_or(o.body = 'brigade') as brigade,
           bool_or(o.body = 'town') as town
    from inspections i
    join units u using (unit_id)
    join inspection_officers w using (inspection_id)
    join officers o using (officer_no)
    where i.status = 'done' and i.inspected_on between %(first)s and %(last)s
    group by i.inspection_id, u.area_code, u.is_key
)
select 'inspection' as noun, a.inspection_no as ref, a.unit_id, a.area_code,
       case when a.town then 'town' else 'police_station' end as body, a.officers, a.inspected_on as acted_on,
       jsonb_build_object('key_unit', a.is_key, 'agreement', held.agreement_no) as facts
from acted a
left join lateral (
    with recursive line as (
        select area_code, parent_code from areas where area_code = a.area_code
        union all
        select up.area_code, up.parent_code from line join areas up on up.area_code = line.parent_code
    )
    select g.agreement_no from agreements g join line on line.area_code = g.town_code
    where a.inspected_on between g.from_day and coalesce(g.ended_on - 1, g.to_day, a.inspected_on)
    limit 1
) held on a.town
where not a.brigade and (a.is_key or (a.town and held.agreement_no is null))
union all
select 'case', c.case_no, c.unit_id, c.area_code, 'town', c.officers, c.filed_on,
       jsonb_build_object('key_unit', u.is_key, 'agreement', held.agreement_no, 'regime', c.regime)
from cases c
join units u using (unit_id)
left join lateral (
    with recursive line as (
        select area_code, parent_code from areas where area_code = c.area_code
        union all
        select up.area_code, up.parent_code from line join areas up on up.area_code = line.parent_code
    )
    select g.agreement_no from agreements g join line on line.area_code = g.town_code
    where g.regime = c.regime and c.filed_on between g.from_day and coalesce(g.ended_on - 1, g.to_day, c.filed_on)
    limit 1
) held on true
where c.regime <> 'own' and c.filed_on between %(first)s and %(last)s
  and (held.agreement_no is null or (u.is_key and c.regime = 'delegated'));

-- name: one_officer
-- Inspections and cases with fewer officers than the law has.
select 'inspection' as noun, i.inspection_no as ref, i.unit_id, u.area_code, coalesce(w.body, 'brigade') as body,
       coalesce(w.officers, '{}') as officers, i.inspected_on as acted_on,
       jsonb_build_object('officers', coalesce(w.many, 0)) as facts
from inspections i
join units u using (unit_id)
left join lateral (
    select count(*)::int as many, array_agg(x.officer_no order by x.officer_no) as officers, min(o.body) as body
    from inspection_officers x join officers o using (officer_no) where x.inspection_id = i.inspection_id
) w on true
where i.status = 'done' and i.inspected_on between %(first)s and %(last)s and coalesce(w.many, 0) < %(fewest)s
union all
select 'case', c.case_no, c.unit_id, c.area_code, case when c.regime = 'own' then 'brigade' else 'town' end, c.officers,
       c.filed_on, jsonb_build_object('officers', cardinality(c.officers))
from cases c
where c.filed_on between %(first)s and %(last)s and cardinality(c.officers) < %(fewest)s;

-- name: expired_certificate
-- Acts of an officer whose certificate had run out on the day, or who had none. When a certificate began is not asked:
-- a renewed one begins after the acts under the old.
select 'inspection' as noun, i.inspection_no as ref, i.unit_id, u.area_code, min(o.body) as body,
       array_agg(o.officer_no order by o.officer_no) as officers, i.inspected_on as acted_on,
       jsonb_build_object('ran_out', min(o.certificate_to)) as facts
from inspections i
join units u using (unit_id)
join inspection_officers w using (inspection_id)
join officers o using (officer_no)
where i.status = 'done' and i.inspected_on between %(first)s and %(last)s
  and (coalesce(o.certificate_no, '') = '' or o.certificate_to < i.inspected_on)
group by i.inspection_id, u.area_code
union all
select 'case', c.case_no, c.unit_id, c.area_code, min(o.body), array_agg(o.officer_no order by o.officer_no), c.filed_on,
       jsonb_build_object('ran_out', min(o.certificate_to))
from cases c join officers o on o.officer_no = any(c.officers)
where c.filed_on between %(first)s and %(last)s
  and (coalesce(o.certificate_no, '') = '' or o.certificate_to < c.filed_on)
group by c.case_id;

-- name: late_step
-- Clocks that ended late, or have run out and still run.
select k.noun, k.ref || ' ' || k.rule as ref, k.unit_id, k.area_code, k.body, coalesce(w.officers, '{}') as officers,
       legal_day(k.due_at) as acted_on,
       jsonb_build_object('rule', k.rule, 'of', k.ref, 'due_at', k.due_at, 'done_at', k.done_at) as facts
from clocks k
left join cases c on k.noun = 'case' and c.case_no = k.ref
left join orders g on k.noun = 'order' and g.order_no = k.ref
left join lateral (
    select coalesce(c.officers, array_agg(x.officer_no order by x.officer_no)) as officers
    from inspection_officers x where x.inspection_id = g.inspection_id
) w on true
where k.due_at >= %(from)s and k.due_at < %(to)s and k.dropped_at is null
  and (k.done_at > k.due_at or (k.done_at is null and k.due_at < %(now)s));

-- name: fines
-- Fines that stand, with the circumstances and the reason of their case where there is one.
select p.case_no as ref, p.unit_id, u.area_code, case when coalesce(c.regime, 'own') = 'own' then 'brigade' else 'town' end as body,
       array(select officer_no from penalty_officers o where o.penalty_id = p.penalty_id order by officer_no) as officers,
       p.decided_on as acted_on, p.article, p.amount_yuan, coalesce(c.party, 'organisation') as party,
       d.details ->> 'circumstance' as circumstance, d.details ->> 'reason' as reason
from penalties p
join units u using (unit_id)
left join cases c on c.case_no = p.case_no
left join lateral (
    select s.details from enforcement_steps s
    where s.noun = 'case' and s.ref = p.case_no and s.step = 'decision' order by s.step_id desc limit 1
) d on true
where p.kind = 'fine' and p.amount_yuan is not null and p.withdrawn_on is null
  and p.decided_on between %(first)s and %(last)s;

-- name: missing_video
-- Ended cases with a step that has to be filmed and was not, and closed acts of towns without a recording.
select 'case' as noun, c.case_no as ref, c.unit_id, c.area_code,
       case when c.regime = 'own' then 'brigade' else 'town' end as body, c.officers, c.closed_on as acted_on,
       jsonb_build_object('steps', array_agg(distinct s.step order by s.step)) as facts
from cases c
join enforcement_steps s on s.noun = 'case' and s.ref = c.case_no and s.step = any(%(filmed)s)
where c.closed_on between %(first)s and %(last)s
  and not exists (select from step_evidence e where e.step_id = s.step_id and e.kind = 'video')
group by c.case_id
union all
select t.noun, t.ref, t.unit_id, t.town_code, t.body, array[t.responsible], t.acted_on, jsonb_build_object('act', t.act)
from town_acts t
where t.acted_on between %(first)s and %(last)s and t.video_sha256 is null and t.body = 'town'
  and t.acted_on < %(filmed_before)s;

-- name: missing_review
-- Decisions that stand without a legal review before them, by someone who did not handle the case. A seal is no penalty: a
-- meeting decides on it, and it has no such step.
select 'penalty' as noun, p.case_no as ref, p.unit_id, u.area_code,
       case when coalesce(c.regime, 'own') = 'own' then 'brigade' else 'town' end as body,
       array(select officer_no from penalty_officers o where o.penalty_id = p.penalty_id order by officer_no) as officers,
       p.decided_on as acted_on, jsonb_build_object('case', c.case_no) as facts
from penalties p
join units u using (unit_id)
left join cases c on c.case_no = regexp_replace(p.case_no, '^(A[0-9]{8}-[0-9]{4,})-[0-9]+$', '\1')
where p.withdrawn_on is null and p.kind <> 'seal' and p.decided_on between %(first)s and %(last)s
  and not exists (select from enforcement_steps s
                  where s.noun = 'case' and s.ref = c.case_no and s.step = 'legal_review'
                    and legal_day(s.at) <= p.decided_on and s.details ->> 'reviewer' <> all(c.officers));

-- name: mark
-- What a detector marks is marked once.
insert into supervision_findings (detector, noun, ref, unit_id, area_code, body, officers, acted_on, facts, found_on)
select %(detector)s, noun, ref, unit_id, area_code, body, officers, acted_on, facts, %(found)s
from jsonb_to_recordset(%(rows)s) as r (noun text, ref text, unit_id bigint, area_code text, body text, officers text[],
                                        acted_on date, facts jsonb)
on conflict (detector, noun, ref) do nothing;
