-- Every statement gives the rows that a figure counts: noun, id and ref of the row, its unit, day, weight, area, and the
-- part and form by which it is split. The number is the sum of the weights over exactly these rows; a statement may give
-- other weights beside, which are null where a row does not count for them. %(first)s and %(last)s are legal days;
-- %(areas)s null is everywhere. Visits done have a day; coalesce() is how the index of lists has it.

-- name: inspections
-- Records of visits closed, by the body that made them and the kind of visit; beside, the officers on each, and whether it
-- is of the kind that several departments make or has officers of two bodies.
select 'inspection' as noun, i.inspection_id as id, i.inspection_no as ref, i.unit_id, u.unit_no, i.inspected_on as day,
       1::bigint as weight, i.staff::bigint as officers, case when i.kind = 'joint' or i.staff_bodies >= 2 then 1::bigint end
       as joint, u.area_code, i.staff_body as part, i.kind as form
from inspections i left join units u on u.unit_id = i.unit_id
where i.status = 'done' and coalesce(i.inspected_on, i.planned_on) between %(first)s and %(last)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))

-- name: units_inspected
-- Units that were visited, each once by each body, on the day of its first visit in the period.
select 'unit' as noun, i.unit_id as id, u.unit_no as ref, i.unit_id, u.unit_no, i.inspected_on as day, 1::bigint as weight,
       u.area_code, i.staff_body as part, null::text as form
from inspections i left join units u on u.unit_id = i.unit_id
where i.status = 'done' and coalesce(i.inspected_on, i.planned_on) between %(first)s and %(last)s
  and not exists (select from inspections e
                  where e.unit_id = i.unit_id and e.staff_body = i.staff_body and e.status = 'done'
                    and e.inspected_on >= %(first)s and (e.inspected_on, e.inspection_id) < (i.inspected_on, i.inspection_id))
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))

-- name: hazards_found
-- Hazards first recorded in the period; beside, those of them that were corrected by the day of the report.
select 'inspection' as noun, h.inspection_id as id, concat_ws('/', i.inspection_no, h.item_code) as ref, h.unit_id,
       u.unit_no, h.found_on as day, 1::bigint as weight, case when h.corrected_on <= %(as_of)s then 1::bigint end as corrected,
       u.area_code, h.staff_body as part, h.severity as form
from hazards h left join inspections i on i.inspection_id = h.inspection_id left join units u on u.unit_id = h.unit_id
where h.found_on between %(first)s and %(last)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))

-- name: hazards_corrected
-- Hazards whose correction, on the spot or seen at a re-inspection, is dated in the period, whenever they were found.
select 'inspection' as noun, h.inspection_id as id, concat_ws('/', i.inspection_no, h.item_code) as ref, h.unit_id,
       u.unit_no, h.corrected_on as day, 1::bigint as weight, u.area_code, h.staff_body as part,
       case when h.found_on < %(first)s then 'found_before' else 'found_in' end as form
from hazards h left join inspections i on i.inspection_id = h.inspection_id left join units u on u.unit_id = h.unit_id
where h.corrected_on between %(first)s and %(last)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))

-- name: notices_served
-- Rectification notices served, at once or by a day.
select 'inspection' as noun, o.inspection_id as id, o.order_no as ref, o.unit_id, u.unit_no, o.served_on as day,
       1::bigint as weight, u.area_code, o.staff_body as part, o.kind as form
from orders o left join units u on u.unit_id = o.unit_id
where o.served_on between %(first)s and %(last)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))

-- name: major_notices
-- Notices about a major hazard served.
select 'major_hazard' as noun, m.major_hazard_id as id, m.major_hazard_no as ref, m.unit_id, u.unit_no,
       legal_day(s.at) as day, 1::bigint as weight, m.area_code, null::text as part, m.way as form
from enforcement_steps s join major_hazards m on m.major_hazard_no = s.ref left join units u on u.unit_id = m.unit_id
where s.noun = 'major_hazard' and s.step = 'notice_served' and s.at >= %(begins)s and s.at < %(ends)s
  and (%(areas)s::text[] is null or m.area_code = any(%(areas)s))

-- name: major_accepted
-- Major hazards whose correction was accepted.
select 'major_hazard' as noun, m.major_hazard_id as id, m.major_hazard_no as ref, m.unit_id, u.unit_no,
       m.ended_on as day, 1::bigint as weight, m.area_code, null::text as part, m.way as form
from major_hazards m left join units u on u.unit_id = m.unit_id
where m.standing = 'accepted' and m.ended_on between %(first)s and %(last)s
  and (%(areas)s::text[] is null or m.area_code = any(%(areas)s))

-- name: complaints_received
-- Complaints taken down.
select 'complaint' as noun, c.complaint_id as id, c.complaint_no as ref, c.unit_id, u.unit_no,
       legal_day(c.received_at) as day, 1::bigint as weight, u.area_code, null::text as part, c.kind as form
from complaints c left join units u on u.unit_id = c.unit_id
where c.received_at >= %(begins)s and c.received_at < %(ends)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))

-- name: complaints_handled
-- Complaints whose check came to an end.
select 'complaint' as noun, c.complaint_id as id, c.complaint_no as ref, c.unit_id, u.unit_no,
       legal_day(c.checked_at) as day, 1::bigint as weight, u.area_code, null::text as part, c.kind as form
from complaints c left join units u on u.unit_id = c.unit_id
where c.checked_at >= %(begins)s and c.checked_at < %(ends)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))

-- name: licences_granted
-- Licences decided and granted.
select 'licence' as noun, null::bigint as id, l.licence_no as ref, l.unit_id, u.unit_no, l.decided_on as day,
       1::bigint as weight, u.area_code, null::text as part, l.route as form
from licences l left join units u on u.unit_id = l.unit_id
where l.granted and l.decided_on between %(first)s and %(last)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))

-- name: penalties_decided
-- Decisions that stood on the last day, by the power they rest on and their kind: one of several kinds is one, by its first
-- (the others are numbered after its case), and a seal is no penalty.
select 'penalty' as noun, p.penalty_id as id, p.case_no as ref, p.unit_id, u.unit_no, p.decided_on as day,
       1::bigint as weight, u.area_code, coalesce(c.regime, f.regime, a.regime, 'own') as part, p.kind as form
from penalties p left join cases c on c.case_no = p.case_no
left join cases f on f.case_no = regexp_replace(p.case_no, '-[0-9]+$', '')
left join town_acts a on a.noun = 'penalty' and a.ref = p.case_no
left join units u on u.unit_id = p.unit_id
where p.decided_on between %(first)s and %(last)s and (p.withdrawn_on is null or p.withdrawn_on > %(last)s)
  and p.kind <> 'seal' and not further_kind(p.case_no)
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))

-- name: cases_decided
-- Cases decided, by the power valid on the day of filing and the procedure.
select 'case' as noun, c.case_id as id, c.case_no as ref, c.unit_id, u.unit_no, c.decided_on as day,
       1::bigint as weight, c.area_code, c.regime as part, c.procedure as form
from cases c left join units u on u.unit_id = c.unit_id
where c.decided_on between %(first)s and %(last)s
  and (%(areas)s::text[] is null or c.area_code = any(%(areas)s))

-- name: transfers_served
-- Cases handed to another authority, by the day of the notice.
select 'case' as noun, c.case_id as id, c.case_no as ref, c.unit_id, u.unit_no, legal_day(s.at) as day,
       1::bigint as weight, c.area_code, null::text as part, c.regime as form
from enforcement_steps s join cases c on c.case_no = s.ref left join units u on u.unit_id = c.unit_id
where s.noun = 'case' and s.step = 'transferred' and s.at >= %(begins)s and s.at < %(ends)s
  and (%(areas)s::text[] is null or c.area_code = any(%(areas)s))
union all
-- One that came in with the record of past years has no steps: it ended with the notice.
select 'case', c.case_id, c.case_no, c.unit_id, u.unit_no, c.closed_on, 1::bigint, c.area_code, null::text, c.regime
from cases c left join units u on u.unit_id = c.unit_id
where c.standing = 'transferred' and c.closed_on between %(first)s and %(last)s
  and not exists (select from enforcement_steps s where s.noun = 'case' and s.ref = c.case_no and s.step = 'transferred')
  and (%(areas)s::text[] is null or c.area_code = any(%(areas)s))

-- name: units_stopped
-- Units ordered to stop work, use or business, each once, by measure or by decision; an order falls with the decision that
-- it carries out.
select 'unit' as noun, r.unit_id as id, u.unit_no as ref, r.unit_id, u.unit_no, min(r.day) as day, 1::bigint as weight,
       u.area_code, null::text as part, null::text as form
from (select unit_id, began_on as day from measures
      where kind = 'suspension' and began_on between %(first)s and %(last)s
        and (case_id is null or case_id not in (
            select c.case_id from penalties p join cases c
                on c.case_no in (p.case_no, regexp_replace(p.case_no, '-[0-9]+$', ''))
            where p.kind = 'suspension' and p.withdrawn_on <= %(last)s))
      union all
      select unit_id, decided_on from penalties
      where kind = 'suspension' and decided_on between %(first)s and %(last)s
        and (withdrawn_on is null or withdrawn_on > %(last)s)) r
left join units u on u.unit_id = r.unit_id
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
group by r.unit_id, u.unit_no, u.area_code

-- name: units_sealed
-- Units sealed, each once, by measure or by decision.
select 'unit' as noun, r.unit_id as id, u.unit_no as ref, r.unit_id, u.unit_no, min(r.day) as day, 1::bigint as weight,
       u.area_code, null::text as part, null::text as form
from (select unit_id, began_on as day from measures
      where kind = 'seal' and began_on between %(first)s and %(last)s
      union all
      select unit_id, decided_on from penalties
      where kind = 'seal' and decided_on between %(first)s and %(last)s
        and (withdrawn_on is null or withdrawn_on > %(last)s)) r
left join units u on u.unit_id = r.unit_id
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
group by r.unit_id, u.unit_no, u.area_code

-- name: fires
-- Fires investigated, by procedure and the day they broke out.
select 'fire' as noun, f.fire_id as id, f.fire_no as ref, f.unit_id, u.unit_no, legal_day(f.occurred_at) as day,
       1::bigint as weight, u.area_code, null::text as part, f.procedure as form
from fires f left join units u on u.unit_id = f.unit_id
where f.occurred_at >= %(begins)s and f.occurred_at < %(ends)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))

-- name: education
-- People reached at events, each event by its audience.
select 'education_event' as noun, null::bigint as id, e.event_no as ref, null::bigint as unit_id, null::text as unit_no,
       e.held_on as day, e.audience::bigint as weight, e.area_code, null::text as part, e.kind as form
from education_events e
where e.held_on between %(first)s and %(last)s and (%(areas)s::text[] is null or e.area_code = any(%(areas)s))

-- name: drafting_courses
-- Courses on the drafting of documents.
select 'drafting_course' as noun, null::bigint as id, c.course_no as ref, null::bigint as unit_id,
       null::text as unit_no, c.held_on as day, 1::bigint as weight, c.area_code, null::text as part, null::text as form
from drafting_courses c
where c.held_on between %(first)s and %(last)s and (%(areas)s::text[] is null or c.area_code = any(%(areas)s))

-- name: town_posts
-- Fire posts of towns that are held on the last day.
select 'town_post' as noun, null::bigint as id, p.post_no as ref, null::bigint as unit_id, null::text as unit_no,
       p.from_day as day, 1::bigint as weight, p.town_code as area_code, null::text as part, null::text as form
from town_posts p
where p.from_day <= %(last)s and (p.to_day is null or p.to_day >= %(last)s)
  and (%(areas)s::text[] is null or p.town_code = any(%(areas)s))

-- name: town_agreements
-- Towns with an agreement or an empowerment that holds on the last day, each once by regime; of the empowered, whether the
-- same town has an agreement too.
select distinct on (a.regime, a.town_code) 'agreement' as noun, a.agreement_id as id, a.agreement_no as ref,
       null::bigint as unit_id, null::text as unit_no, a.from_day as day, 1::bigint as weight, a.town_code as area_code,
       a.regime as part, case when a.regime = 'empowered' then case when exists (
           select from agreements d
           where d.town_code = a.town_code and d.regime = 'delegated' and d.from_day <= %(last)s
             and (d.to_day is null or d.to_day >= %(last)s) and (d.ended_on is null or d.ended_on > %(last)s))
           then 'agreed' else 'alone' end end as form
from agreements a
where a.from_day <= %(last)s and (a.to_day is null or a.to_day >= %(last)s)
  and (a.ended_on is null or a.ended_on > %(last)s)
  and (%(areas)s::text[] is null or a.town_code = any(%(areas)s))
order by a.regime, a.town_code, a.from_day desc, a.agreement_id desc

-- name: alarms
-- Fire alarms of devices, by what they turned out to be.
select 'alarm' as noun, a.alarm_id as id, a.alarm_id::text as ref, a.unit_id, u.unit_no, legal_day(a.opened_at) as day,
       1::bigint as weight, u.area_code, coalesce(a.verdict, 'open') as part, a.kind as form
from alarms a left join units u on u.unit_id = a.unit_id
where a.kind = 'fire_alarm' and a.opened_at >= %(begins)s and a.opened_at < %(ends)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))

-- name: offenders
-- Units penalised in the period that have so many decisions within the months before its end.
select 'unit' as noun, r.unit_id as id, u.unit_no as ref, r.unit_id, u.unit_no, r.day, 1::bigint as weight, u.area_code,
       null::text as part, null::text as form
from (select p.unit_id, max(p.decided_on) as day from penalties p
      where p.decided_on between %(last)s::date - make_interval(months => %(months)s) and %(last)s
        and (p.withdrawn_on is null or p.withdrawn_on > %(last)s)
        and p.kind <> 'seal' and not further_kind(p.case_no)
      group by p.unit_id having count(*) >= %(least)s and max(p.decided_on) >= %(first)s) r
left join units u on u.unit_id = r.unit_id
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s))

-- name: reviews
-- Case files read by the brigade; form says whether the file passed.
select 'case_review' as noun, null::bigint as id, v.review_no as ref, null::bigint as unit_id, null::text as unit_no,
       v.reviewed_on as day, 1::bigint as weight, v.area_code, v.noun as part,
       case when v.qualified then 'qualified' else 'unqualified' end as form
from case_reviews v
where v.reviewed_on between %(first)s and %(last)s and (%(areas)s::text[] is null or v.area_code = any(%(areas)s))

-- name: review_defects
-- Case files with a defect, each once in each class.
select 'case_review' as noun, null::bigint as id, v.review_no as ref, null::bigint as unit_id, null::text as unit_no,
       v.reviewed_on as day, 1::bigint as weight, v.area_code, v.noun as part, d.class as form
from case_reviews v join (select distinct review_no, class from case_review_defects) d using (review_no)
where v.reviewed_on between %(first)s and %(last)s and (%(areas)s::text[] is null or v.area_code = any(%(areas)s))

-- name: reviews_transferred
-- Case files that were handed on after the review.
select 'case_review' as noun, null::bigint as id, v.review_no as ref, null::bigint as unit_id, null::text as unit_no,
       v.reviewed_on as day, 1::bigint as weight, v.area_code, v.noun as part, null::text as form
from case_reviews v
where v.transferred_to is not null and v.reviewed_on between %(first)s and %(last)s
  and (%(areas)s::text[] is null or v.area_code = any(%(areas)s))

-- name: supervision_findings
-- Acts that a detector marked, by what a person made of them and the detector.
select 'supervision_finding' as noun, f.finding_id as id, concat_ws('/', f.detector, f.ref) as ref, f.unit_id, u.unit_no,
       f.acted_on as day, 1::bigint as weight, f.area_code, coalesce(f.decision, 'open') as part, f.detector as form
from supervision_findings f left join units u on u.unit_id = f.unit_id
where f.acted_on between %(first)s and %(last)s and (%(areas)s::text[] is null or f.area_code = any(%(areas)s))
