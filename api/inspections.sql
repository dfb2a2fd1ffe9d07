-- name: page_planned
-- Visits that wait, the earliest first, behind those of the page before; those without a day come last.
select i.inspection_id, i.planned_on as sorted_on from inspections i join units u using (unit_id)
where i.status = 'planned'
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(kind)s::text is null or i.kind = %(kind)s)
  and (%(officer)s::text is null or exists (select from inspection_officers m
       where m.inspection_id = i.inspection_id and m.officer_no = %(officer)s))
  and (%(text)s::text is null or u.name collate "C" ilike %(text)s or u.unit_no collate "C" ilike %(text)s
       or i.inspection_no like %(begins)s)
  and (%(id)s::bigint is null
       or (coalesce(i.planned_on, 'infinity'), i.inspection_id) > (coalesce(%(on)s::date, 'infinity'), %(id)s::bigint))
order by i.planned_on nulls last, i.inspection_id limit %(limit)s;

-- name: page
-- Visits of some states, the latest first, behind those of the page before: each state by its index as far as the page
-- reaches, those without a day at the end. The key of the first page lies before every visit.
select k.inspection_id, k.sorted_on from unnest(%(states)s::text[]) as stand (status)
cross join lateral (
    (select i.inspection_id, coalesce(i.inspected_on, i.planned_on) as sorted_on
     from inspections i join units u using (unit_id)
     where i.status = stand.status
       and (coalesce(i.inspected_on, i.planned_on), i.inspection_id)
           < (coalesce(%(on)s::date, case when %(id)s::bigint is null then 'infinity' else '-infinity' end::date),
              coalesce(%(id)s::bigint, 9223372036854775807))
       and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
       and (%(kind)s::text is null or i.kind = %(kind)s)
       and (%(officer)s::text is null or exists (select from inspection_officers m
            where m.inspection_id = i.inspection_id and m.officer_no = %(officer)s))
       and (%(text)s::text is null or u.name collate "C" ilike %(text)s or u.unit_no collate "C" ilike %(text)s
            or i.inspection_no like %(begins)s)
     order by coalesce(i.inspected_on, i.planned_on) desc nulls last, i.inspection_id desc limit %(limit)s)
    union all
    (select i.inspection_id, null from inspections i join units u using (unit_id)
     where i.status = stand.status and coalesce(i.inspected_on, i.planned_on) is null
       and i.inspection_id < case when %(on)s::date is null then coalesce(%(id)s::bigint, 9223372036854775807)
                                  else 9223372036854775807 end
       and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
       and (%(kind)s::text is null or i.kind = %(kind)s)
       and (%(officer)s::text is null or exists (select from inspection_officers m
            where m.inspection_id = i.inspection_id and m.officer_no = %(officer)s))
       and (%(text)s::text is null or u.name collate "C" ilike %(text)s or u.unit_no collate "C" ilike %(text)s
            or i.inspection_no like %(begins)s)
     order by i.inspection_id desc limit %(limit)s)) k
order by k.sorted_on desc nulls last, k.inspection_id desc limit %(limit)s;

-- name: numbered
-- Visits whose number begins with a text, as far as a number of them.
select i.inspection_id from inspections i join units u using (unit_id)
where i.inspection_no like %(begins)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
limit %(limit)s;

-- name: page_found
-- Visits of some units, and some by number: planned ones by day, then the others from the latest, each place a number.
with held as (
    select i.inspection_id, i.status, i.kind, i.planned_on, i.inspected_on
    from inspections i where i.unit_id = any(%(units)s::bigint[])
    union
    select i.inspection_id, i.status, i.kind, i.planned_on, i.inspected_on
    from inspections i where i.inspection_id = any(%(numbered)s::bigint[])
), placed as (
    select h.inspection_id, count(*) over () as total,
           case when h.status = 'planned' then coalesce(h.planned_on - date '2000-01-01', 9999999)
                else 20000000 - coalesce(coalesce(h.inspected_on, h.planned_on) - date '2000-01-01', -9999999) end as place
    from held h
    where h.status = any(%(states)s::text[])
      and (%(kind)s::text is null or h.kind = %(kind)s)
      and (%(officer)s::text is null or exists (select from inspection_officers m
           where m.inspection_id = h.inspection_id and m.officer_no = %(officer)s))
)
select inspection_id, place, total from placed
where %(id)s::bigint is null or place > %(place)s::bigint or (place = %(place)s::bigint and inspection_id < %(id)s::bigint)
order by place, inspection_id desc limit %(limit)s;

-- name: rows
-- Visits as lists show them, in the order in which they are named.
select i.inspection_id, i.inspection_no, i.unit_id, u.unit_no, u.name as unit_name, a.name_zh as area_zh,
       a.name_en as area_en, i.kind, i.arm, i.draw_no, i.planned_on, i.inspected_on, i.status, i.result,
       i.trigger_code, i.time_class, (select count(*) from hazards h where h.inspection_id = i.inspection_id) as hazards,
       coalesce((select array_agg(o.name order by io.role, o.name) from inspection_officers io
                 join officers o using (officer_no) where io.inspection_id = i.inspection_id), '{}') as officers
from unnest(%(ids)s::bigint[]) with ordinality as picked (inspection_id, place)
join inspections i using (inspection_id) join units u using (unit_id) join areas a using (area_code)
order by picked.place;

-- name: counted
-- How many of the first visits of each state belong to the list, and how many were looked at: nobody counts a million.
select count(*) as looked, count(*) filter (where
           (%(areas)s::text[] is null
            or (select u.area_code from units u where u.unit_id = k.unit_id) = any(%(areas)s::text[]))
           and (%(kind)s::text is null or k.kind = %(kind)s)
           and (%(text)s::text is null or exists (
                select from inspections i join units u using (unit_id) where i.inspection_id = k.inspection_id
                and (u.name collate "C" ilike %(text)s or u.unit_no collate "C" ilike %(text)s
                     or i.inspection_no like %(begins)s)))
           and (%(officer)s::text is null or exists (select from inspection_officers m
                where m.inspection_id = k.inspection_id and m.officer_no = %(officer)s))) as total
from unnest(%(states)s::text[]) as stand (status)
cross join lateral (
    select i.inspection_id, i.unit_id, i.kind from inspections i where i.status = stand.status
    order by coalesce(i.inspected_on, i.planned_on) desc nulls last, i.inspection_id desc limit %(most)s) k;

-- name: one
-- A visit within the viewer's areas, with the facts of its record.
select i.inspection_id, i.inspection_no, i.unit_id, u.unit_no, u.name as unit_name, u.name, u.kind as unit_kind,
       u.area_code, u.address, u.is_key, u.is_crowded, u.is_high_hazard, a.name_zh as area_zh, a.name_en as area_en,
       i.kind, i.trigger_code, i.time_class, i.arm, i.draw_no, i.draw_probability, i.planned_on, i.started_at, i.ended_at,
       i.inspected_on, i.status, i.result, i.team as team_name, i.note, i.source, i.entered_by, i.entered_at,
       s.responsible_person, s.responsible_phone, s.manager, s.manager_phone, s.accompanied_by, s.floor_area_m2, s.storeys,
       s.storeys_below, s.height_m, s.signed_by, s.oral_order,
       coalesce(s.items_from, (select max(valid_from) from inspection_items where valid_from <= i.inspected_on))
           as items_version
from inspections i join units u using (unit_id) join areas a using (area_code)
left join inspection_sheets s using (inspection_id)
where i.inspection_id = %(id)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));

-- name: team
-- The officers of a visit, the lead first.
select io.officer_no, o.name, io.role, o.body from inspection_officers io join officers o using (officer_no)
where io.inspection_id = %(id)s order by io.role, o.officer_no;

-- name: hazards
-- The hazards of a visit, each with the version of its item and its evidence.
select h.hazard_id, h.item_code, coalesce(h.item_from, n.valid_from) as item_version, n.name_zh, n.name_en, h.severity,
       h.is_major, h.handling, h.oral, h.due_on, h.corrected_on, h.note,
       coalesce((select jsonb_agg(jsonb_build_object('evidence_id', e.evidence_id, 'kind', e.kind, 'uri', e.uri,
                    'sha256', e.sha256, 'seconds', e.seconds, 'note', e.note) order by e.evidence_id)
                 from inspection_evidence e where e.hazard_id = h.hazard_id and e.inspection_id = h.inspection_id), '[]') as evidence
from hazards h left join lateral (
    select name_zh, name_en, valid_from from inspection_items i where i.item_code = h.item_code
      and i.valid_from <= h.found_on order by i.valid_from desc limit 1) n on true
where h.inspection_id = %(id)s order by h.hazard_id;

-- name: answers
-- Items that were looked at and gave no hazard.
select a.item_code, a.item_from as item_version, a.answer, a.note, i.name_zh, i.name_en
from inspection_answers a left join inspection_items i on i.item_code = a.item_code and i.valid_from = a.item_from
where a.inspection_id = %(id)s order by a.item_code;

-- name: evidence
-- What was recorded of a visit as a whole.
select evidence_id, kind, uri, sha256, seconds, note from inspection_evidence
where inspection_id = %(id)s and hazard_id is null order by evidence_id;

-- name: compared
-- Earlier hazards that a visit looked at again: the old answer, and the new one.
select h.hazard_id, h.inspection_id, o.inspection_no, h.item_code, n.name_zh, n.name_en, h.severity, h.is_major, h.found_on,
       h.handling, h.due_on, h.note, r.corrected, r.note as new_note,
       coalesce((select jsonb_agg(jsonb_build_object('evidence_id', e.evidence_id, 'kind', e.kind, 'uri', e.uri,
                    'sha256', e.sha256, 'seconds', e.seconds, 'note', e.note) order by e.evidence_id)
                 from inspection_evidence e where e.hazard_id = h.hazard_id and e.inspection_id = h.inspection_id), '[]') as evidence,
       coalesce((select jsonb_agg(jsonb_build_object('evidence_id', e.evidence_id, 'kind', e.kind, 'uri', e.uri,
                    'sha256', e.sha256, 'seconds', e.seconds, 'note', e.note) order by e.evidence_id)
                 from inspection_evidence e where e.hazard_id = h.hazard_id and e.inspection_id = r.inspection_id), '[]') as new_evidence
from hazard_rechecks r join hazards h using (hazard_id) join inspections o on o.inspection_id = h.inspection_id
left join lateral (
    select name_zh, name_en from inspection_items i where i.item_code = h.item_code and i.valid_from <= h.found_on
    order by i.valid_from desc limit 1) n on true
where r.inspection_id = %(id)s order by h.found_on, h.hazard_id;

-- name: orders
-- The orders of a visit.
select order_no, kind, served_on, correct_by, recheck_by, asked_on, closed_on from orders where inspection_id = %(id)s
order by order_no;

-- name: open_hazards
-- Hazards of a unit that are ordered and not yet found corrected, with what was found then.
select h.hazard_id, h.inspection_id, o.inspection_no, h.item_code, n.name_zh, n.name_en, h.severity, h.is_major, h.found_on,
       h.handling, h.due_on, h.note,
       coalesce((select jsonb_agg(jsonb_build_object('evidence_id', e.evidence_id, 'kind', e.kind, 'uri', e.uri,
                    'sha256', e.sha256, 'seconds', e.seconds, 'note', e.note) order by e.evidence_id)
                 from inspection_evidence e where e.hazard_id = h.hazard_id and e.inspection_id = h.inspection_id), '[]') as evidence
from hazards h join inspections o on o.inspection_id = h.inspection_id
left join lateral (
    select name_zh, name_en from inspection_items i where i.item_code = h.item_code and i.valid_from <= h.found_on
    order by i.valid_from desc limit 1) n on true
where h.unit_id = %(unit_id)s and h.handling = 'ordered' and h.corrected_on is null
order by h.due_on, h.hazard_id limit 100;

-- name: sources
-- Visits done in a period by kind and by what the record says set them off.
select i.kind, i.trigger_code, count(*) as visits,
       count(*) filter (where i.result in ('hazards_corrected', 'hazards_ordered')) as hazards_found
from inspections i join units u using (unit_id)
where i.status = 'done' and i.inspected_on between %(first)s and %(last)s
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
group by i.kind, i.trigger_code;

-- name: unit_by_number
-- A unit by its number, within the viewer's areas.
select unit_id from units
where unit_no = %(unit_no)s and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]));

-- name: officers
-- Officers whose areas hold the unit and whose certificate is valid, for the choice on the form.
with recursive above as (
    select area_code, parent_code from areas where area_code = %(area)s
    union
    select parent.area_code, parent.parent_code from areas parent join above on above.parent_code = parent.area_code
)
select o.officer_no, o.name, o.body, o.can_lead from officers o
where o.status = 'active' and o.area_codes && (select array_agg(area_code) from above)
  and o.certificate_no is not null and %(day)s >= o.certificate_from
  and (o.certificate_to is null or %(day)s <= o.certificate_to)
order by o.can_lead desc, o.officer_no limit %(limit)s;

-- name: items
-- The catalogue of the day.
select distinct on (item_code) item_code, name_zh, name_en, category, severity from inspection_items
where valid_from <= %(day)s and (valid_to is null or valid_to >= %(day)s)
order by item_code, valid_from desc limit 2000;
