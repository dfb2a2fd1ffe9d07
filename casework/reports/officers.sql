-- name: found
-- Visits, hazards, decisions and marked acts of each officer in a period.
with visits as (
    select i.inspection_id, (select count(*) from hazards h where h.inspection_id = i.inspection_id) as hazards
    from inspections i join units u using (unit_id)
    where i.status = 'done' and i.inspected_on between %(first)s and %(last)s
      and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
), went as (
    select w.officer_no, count(*) as visits, count(*) filter (where v.hazards > 0) as visits_with_hazard,
           sum(v.hazards) as hazards
    from visits v join inspection_officers w using (inspection_id)
    group by w.officer_no
), decided as (
    select w.officer_no, count(*) as penalties
    from penalties p join penalty_officers w using (penalty_id) join units u using (unit_id)
    where p.decided_on between %(first)s and %(last)s and (p.withdrawn_on is null or p.withdrawn_on > %(last)s)
      and p.kind <> 'seal' and not further_kind(p.case_no)
      and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
    group by w.officer_no
), marked as (
    select officer_no, count(*) as marked
    from supervision_findings f cross join lateral unnest(f.officers) officer_no
    where f.acted_on between %(first)s and %(last)s and f.decision is distinct from 'explained'
      and (%(areas)s::text[] is null or f.area_code = any(%(areas)s))
    group by officer_no
)
select o.officer_no, o.name, o.body, coalesce(w.visits, 0) as visits,
       coalesce(w.visits_with_hazard, 0) as visits_with_hazard, coalesce(w.hazards, 0)::bigint as hazards,
       coalesce(d.penalties, 0) as penalties, coalesce(m.marked, 0) as marked
from officers o left join went w using (officer_no) left join decided d using (officer_no)
left join marked m using (officer_no)
where w.officer_no is not null or d.officer_no is not null or m.officer_no is not null
order by case o.body when 'brigade' then 0 when 'town' then 1 else 2 end, coalesce(w.visits, 0) desc, o.officer_no
limit 2000;
