-- name: listed
-- Findings, the newest first.
select f.finding_id, f.detector, f.noun, f.ref, u.unit_no, u.name as unit_name, f.area_code, a.name_zh as area_zh,
       a.name_en as area_en, f.body, f.officers, f.acted_on, f.facts, f.found_on, f.decision, f.decided_on, f.decided_by,
       f.reason
from supervision_findings f join areas a using (area_code) left join units u using (unit_id)
where (%(areas)s::text[] is null or f.area_code = any(%(areas)s))
  and (%(detector)s::text is null or f.detector = %(detector)s)
  and (%(body)s::text is null or f.body = %(body)s)
  and (%(officer)s::text is null or f.officers @> array[%(officer)s])
  and (%(state)s::text is null or coalesce(f.decision, 'open') = %(state)s)
  and (%(before)s::bigint is null or f.finding_id < %(before)s)
order by f.finding_id desc limit %(limit)s;

-- name: locked
-- One finding, to be decided on.
select finding_id, detector, noun, ref, area_code, officers, found_on, decision, decided_on from supervision_findings
where finding_id = %(finding)s and (%(areas)s::text[] is null or area_code = any(%(areas)s)) for update;

-- name: decide
-- What a person has decided.
update supervision_findings set decision = %(decision)s, decided_on = %(day)s, decided_by = %(actor)s, reason = %(reason)s
where finding_id = %(finding)s;

-- name: counts
-- Findings of a period by detector and body.
select f.detector, f.body, count(*)::int as found, count(*) filter (where f.decision = 'fault')::int as faults,
       count(*) filter (where f.decision = 'explained')::int as explained
from supervision_findings f
where f.acted_on between %(first)s and %(last)s and (%(areas)s::text[] is null or f.area_code = any(%(areas)s))
group by f.detector, f.body order by f.detector, f.body;

-- name: officers
-- Officers of a period: what each did, and what was found of it. Every act counts once for each officer on it.
with visits as (
    select w.officer_no, count(*)::int as visits, count(*) filter (where w.role = 'lead')::int as led
    from inspections i join inspection_officers w using (inspection_id) join units u using (unit_id)
    where i.status = 'done' and i.inspected_on between %(first)s and %(last)s
      and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
      and (%(officer)s::text is null or w.officer_no = %(officer)s)
    group by w.officer_no
), decided as (
    select o.officer_no, count(*)::int as penalties
    from penalties p join penalty_officers o using (penalty_id) join units u using (unit_id)
    where p.decided_on between %(first)s and %(last)s and p.withdrawn_on is null
      and p.kind <> 'seal' and not further_kind(p.case_no)
      and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
      and (%(officer)s::text is null or o.officer_no = %(officer)s)
    group by o.officer_no
), marked as (
    select officer_no, count(*)::int as found, count(*) filter (where f.decision = 'fault')::int as faults
    from supervision_findings f, unnest(f.officers) officer_no
    where f.acted_on between %(first)s and %(last)s and (%(areas)s::text[] is null or f.area_code = any(%(areas)s))
      and (%(officer)s::text is null or officer_no = %(officer)s)
    group by officer_no
)
select o.officer_no, o.name, o.body, o.certificate_to, coalesce(v.visits, 0) as visits, coalesce(v.led, 0) as led,
       coalesce(d.penalties, 0) as penalties, coalesce(m.found, 0) as found, coalesce(m.faults, 0) as faults
from officers o left join visits v using (officer_no) left join decided d using (officer_no)
left join marked m using (officer_no)
where coalesce(v.visits, d.penalties, m.found) is not null
order by faults desc, found desc, o.officer_no limit %(limit)s;

-- name: marked
-- Officers of a period whose acts were marked, those with most faults first.
select o.officer_no, o.name, o.body, m.found, m.faults
from (select w.officer_no, count(*)::int as found, count(*) filter (where w.decision = 'fault')::int as faults
      from (select unnest(f.officers) as officer_no, f.decision from supervision_findings f
            where f.acted_on between %(first)s and %(last)s
              and (%(areas)s::text[] is null or f.area_code = any(%(areas)s))) w
      group by w.officer_no) m join officers o using (officer_no)
order by m.faults desc, m.found desc, o.officer_no limit %(limit)s;

-- name: acts
-- Acts of a period, each once: what the sums by officer are held against.
select (select count(*)::int from inspections i join units u using (unit_id)
        where i.status = 'done' and i.inspected_on between %(first)s and %(last)s
          and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))) as visits,
       (select count(*)::int from inspections i join inspection_officers w using (inspection_id) join units u using (unit_id)
        where i.status = 'done' and i.inspected_on between %(first)s and %(last)s
          and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))) as person_visits,
       (select count(*)::int from supervision_findings f where f.acted_on between %(first)s and %(last)s
          and (%(areas)s::text[] is null or f.area_code = any(%(areas)s))) as found;
