-- name: units
-- Units that are inspected, each with its visits since a day that found what Art. 60 fines and that nobody was fined for.
with visits as (
    select i.unit_id, i.inspection_no, i.inspected_on, string_agg(h.item_code, ',' order by h.item_code) as items,
           string_agg(t.name_zh, ',' order by h.item_code) as names
    from inspections i join hazards h using (inspection_id)
    join inspection_items t on t.item_code = h.item_code and t.valid_to is null
    where i.inspected_on >= %(since)s and i.inspected_on < %(day)s and h.severity <> 'minor'
      and t.basis ~ '第二十八条|第十六条第一款第\((二|四)\)项'
      and i.inspection_id not in (select inspection_id from penalties where inspection_id is not null)
    group by i.inspection_id
), found as (
    select unit_id, array_agg(inspection_no order by inspection_no) as numbers,
           array_agg(inspected_on order by inspection_no) as days, array_agg(items order by inspection_no) as items,
           array_agg(names order by inspection_no) as names
    from visits group by unit_id
)
select u.unit_id, u.unit_no, u.area_code, u.kind, u.is_key, u.is_crowded, coalesce(v.numbers, '{}') as visit_nos,
       coalesce(v.days, '{}') as visit_days, coalesce(v.items, '{}') as visit_items,
       coalesce(v.names, '{}') as visit_names
from units u left join found v using (unit_id)
where u.status = 'active' order by u.unit_id;

-- name: officers
-- Officers of the brigade whose certificate holds on a day, the head first.
select officer_no, certificate_from, certificate_to from officers
where body = 'brigade' and status = 'active' and certificate_to >= %(day)s
order by not ('head' = any(skills)), officer_no;

-- name: leave
-- Who is away from when to when.
select officer_no, from_day, to_day from officer_leave;

-- name: recused
-- Who may not act where.
select officer_no, unit_id from officer_recusals;

-- name: overdue
-- The newest order of a unit that is on no list, not corrected by its day.
select u.unit_no, o.order_no, o.correct_by from orders o join units u using (unit_id)
where o.closed_on is null and o.correct_by < %(day)s and u.status = 'active'
  and not exists (select from credit_listings l where l.unit_id = o.unit_id and coalesce(l.to_day, %(day)s) >= %(day)s)
order by o.correct_by desc, o.order_no desc limit 1;

-- name: repairable
-- What is public of a unit and may be repaired by a day, decisions before listings, the newest first.
select s.kind, s.ref, s.unit_id, u.unit_no, s.what, s.basis, s.decided_on, s.earliest_on, s.ended_on
from credit_publicity s join units u using (unit_id)
where s.ended_on is null and s.earliest_on <= %(day)s and s.kind <> 'red' and u.status = 'active'
order by s.kind <> 'penalty', s.decided_on desc, s.ref limit 200;

-- name: unpunished
-- Units against which nothing is on record.
select u.unit_no from units u
where not exists (select from penalties p where p.unit_id = u.unit_id)
  and not exists (select from credit_listings l where l.unit_id = u.unit_id);

-- name: towns
-- Towns in order.
select area_code, name_zh from areas where level = 'town' order by area_code;

-- name: town_officers
-- Officers of a town with their certificates.
select officer_no, certificate_from, certificate_to from officers
where body = 'town' and status = 'active' and %(town)s = any(area_codes) and certificate_to is not null
order by not can_lead, officer_no;
