-- name: towns
-- Each town of some areas at a glance on a day.
select t.area_code as town_code, t.name_zh, t.name_en, t.parent_code as principal_code,
    (select a.agreement_no from agreements a where a.town_code = t.area_code and a.regime = 'delegated'
     and a.from_day <= %(day)s and coalesce(a.to_day, 'infinity') >= %(day)s
     and (a.ended_on is null or a.ended_on > %(day)s) limit 1) as delegated,
    (select a.agreement_no from agreements a where a.town_code = t.area_code and a.regime = 'empowered'
     and a.from_day <= %(day)s and coalesce(a.to_day, 'infinity') >= %(day)s
     and (a.ended_on is null or a.ended_on > %(day)s) limit 1) as empowered,
    o.officers, o.certified, o.ready,
    (select count(*) from town_acts x where x.town_code = t.area_code and x.acted_on between %(first)s and %(day)s
     and x.body = 'town' and x.regime = 'delegated') as delegated_acts,
    (select count(*) from town_acts x where x.town_code = t.area_code and x.acted_on between %(first)s and %(day)s
     and x.body = 'town' and x.regime = 'empowered') as empowered_acts,
    (select count(*) from referrals r where r.from_code = t.area_code and r.state in ('found', 'sent', 'returned'))
        as referrals_waiting,
    (select count(*) from guidance_visits v where v.town_code = t.area_code
     and v.visited_on between %(quarter_first)s and %(quarter_last)s) as guidance,
    exists (select from town_budgets b where b.town_code = t.area_code and b.year = extract(year from %(day)s::date))
        as has_budget,
    (select count(*) from clocks c where c.area_code = t.area_code and c.body in ('town', 'police_station')
     and c.done_at is null and c.dropped_at is null and c.due_at < %(now)s) as late
from areas t
cross join lateral (
    select count(*) as officers, count(*) filter (where h.certified) as certified,
        count(*) filter (where h.certified and h.trained and h.passed) as ready
    from (select p.certificate_no is not null and coalesce(p.certificate_from, '-infinity') <= %(day)s
                 and coalesce(p.certificate_to, 'infinity') >= %(day)s as certified,
              exists (select from training_days d where d.officer_no = p.officer_no and d.kind = 'pre_post'
                      and d.held_on <= %(day)s) as trained,
              coalesce((select w.passed from officer_passes w where w.officer_no = p.officer_no
                        and w.assessed_on <= %(day)s order by w.assessed_on desc limit 1), false) as passed
          from officers p where p.body = 'town' and p.status = 'active' and t.area_code = any(p.area_codes)) h) o
where t.level = 'town' and (%(areas)s::text[] is null or t.area_code = any(%(areas)s))
  and (%(town)s::text is null or t.area_code = %(town)s) and (%(after)s::text is null or t.area_code > %(after)s)
order by t.area_code limit %(limit)s;

-- name: open_orders
-- Orders of a town that are still open, the oldest first.
select o.order_no, o.unit_id, u.unit_no, u.name as unit_name, o.kind, o.served_on, o.correct_by, o.recheck_by,
    %(day)s::date - o.correct_by as days_past, r.referral_no, r.state as referral_state
from town_acts t join orders o using (inspection_id) join units u on u.unit_id = o.unit_id
left join referrals r on r.source_noun = 'order' and r.source_ref = o.order_no
where t.town_code = %(town)s and t.body = 'town' and o.closed_on is null
order by o.correct_by, o.order_id limit %(limit)s;

-- name: clocks
-- Clocks of a town and its stations that run, the next to end first.
select c.rule, c.noun, c.ref, c.body, c.started_at, c.due_at, c.soon_at <= %(now)s as soon, c.due_at < %(now)s as late
from clocks c where c.area_code = %(town)s and c.body in ('town', 'police_station')
  and c.done_at is null and c.dropped_at is null
order by c.due_at limit %(limit)s;

-- name: digest
-- What each town did between two days, by regime: numbers that agree with the records they count.
select t.area_code as town_code, t.name_zh, t.name_en,
    x.inspections_delegated, x.inspections_empowered, x.units_inspected, x.campaigns, x.cases_delegated,
    x.cases_empowered, x.hazards_found, x.hazards_corrected, x.orders_made, x.with_video, x.closed, x.archived,
    (select count(*) from referrals r where r.from_code = t.area_code
     and (r.made_at at time zone 'Asia/Shanghai')::date between %(first)s and %(last)s) as referrals,
    (select count(*) from guidance_visits v where v.town_code = t.area_code
     and v.visited_on between %(first)s and %(last)s) as guidance
from areas t
cross join lateral (
    select count(*) filter (where a.noun = 'inspection' and a.regime = 'delegated') as inspections_delegated,
        count(*) filter (where a.noun = 'inspection' and a.regime = 'empowered') as inspections_empowered,
        count(distinct a.unit_id) filter (where a.noun = 'inspection') as units_inspected,
        count(*) filter (where a.noun = 'inspection' and i.kind = 'campaign') as campaigns,
        count(*) filter (where a.noun = 'penalty' and a.regime = 'delegated') as cases_delegated,
        count(*) filter (where a.noun = 'penalty' and a.regime = 'empowered') as cases_empowered,
        coalesce(sum(h.found), 0)::bigint as hazards_found, coalesce(sum(h.corrected), 0)::bigint as hazards_corrected,
        coalesce(sum(h.orders), 0)::bigint as orders_made,
        count(*) filter (where a.video_ref is not null) as with_video,
        count(*) filter (where a.closed_on is not null) as closed,
        count(*) filter (where a.archived_on is not null) as archived
    from town_acts a left join inspections i using (inspection_id)
    left join lateral (
        select (select count(*) from hazards z where z.inspection_id = a.inspection_id) as found,
            (select count(*) from hazards z where z.inspection_id = a.inspection_id and z.corrected_on <= %(last)s)
                as corrected,
            (select count(*) from orders o where o.inspection_id = a.inspection_id) as orders) h
        on a.inspection_id is not null
    where a.town_code = t.area_code and a.body = 'town' and a.acted_on between %(first)s and %(last)s) x
where t.level = 'town' and (%(areas)s::text[] is null or t.area_code = any(%(areas)s))
order by t.area_code limit 1000;

-- name: penalties
-- Penalties against units of some areas, whoever decided them, the newest first.
select p.penalty_id, p.case_no, u.unit_id, u.unit_no, u.name as unit_name, u.area_code, p.decided_on, p.kind,
    p.amount_yuan, p.article, p.withdrawn_on, coalesce(t.regime, 'own') as regime
from penalties p join units u using (unit_id)
left join town_acts t on t.noun = 'penalty' and t.ref = p.case_no
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
  and (%(before)s::bigint is null or p.penalty_id < %(before)s)
order by p.penalty_id desc limit %(limit)s;
