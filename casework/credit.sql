-- name: insert_entry
-- One entry of the ledger; an event posts once.
insert into credit_entries (unit_id, occurred_on, points, event_kind, event_ref, article)
values (%(unit)s, %(day)s, %(points)s, %(kind)s, %(ref)s, %(article)s)
on conflict (event_kind, event_ref) do nothing
returning entry_id;

-- name: insert_entries
-- Entries of the ledger, in the order given; an event posts once.
insert into credit_entries (unit_id, occurred_on, points, event_kind, event_ref, article)
select n.unit_id, n.day, n.points, n.kind, n.ref, n.article
from unnest(%(units)s::bigint[], %(days)s::date[], %(points)s::float8[], %(kinds)s::text[], %(refs)s::text[],
            %(articles)s::text[]) with ordinality as n (unit_id, day, points, kind, ref, article, place)
order by n.place
on conflict (event_kind, event_ref) do nothing
returning entry_id, event_kind, event_ref;

-- name: posted_for
-- What an event has taken from a unit and not given back.
select coalesce(sum(points), 0) as points from credit_entries e
where unit_id = %(unit)s
  and (event_ref = %(ref)s
       or (event_kind = 'repair' and event_ref in (
            select entry_id::text from credit_entries o where o.unit_id = %(unit)s and o.event_ref = %(ref)s)));

-- name: entry
-- One entry.
select * from credit_entries where entry_id = %s;

-- name: given_back
-- The entry that gave the points of an event back.
select entry_id from credit_entries
where (event_kind = 'repair' and event_ref = %(entry)s) or (event_kind = 'penalty_withdrawn' and event_ref = %(ref)s);

-- name: grounds
-- Penalties within a span and major hazards past their day: a decision of several kinds is one; a seal, and one against a
-- citizen, are none of the unit's.
select (select count(*) from penalties p where unit_id = %(unit)s and decided_on > %(since)s and decided_on <= %(day)s
            and (withdrawn_on is null or withdrawn_on > %(day)s) and kind <> 'seal'
            and not further_kind(p.case_no)
            and not exists (select from cases c where c.party = 'citizen'
                            and c.case_no in (p.case_no, regexp_replace(p.case_no, '-[0-9]+$', '')))) as penalties,
       (select count(*) from hazards where unit_id = %(unit)s and is_major and due_on < %(day)s
            and (corrected_on is null or corrected_on > %(day)s)) as overdue;

-- name: unposted
-- Events up to a day that have no entry in the ledger yet.
select e.* from (
    select unit_id, decided_on as occurred_on, 'penalty_' || kind as event_kind, case_no as event_ref
    from penalties p where withdrawn_on is null
      -- Asked in two, each of which the database answers at once for a city of penalties.
      and not exists (select from cases c where c.party = 'citizen' and c.case_no = p.case_no)
      and not exists (select from cases c where c.party = 'citizen'
                      and c.case_no = regexp_replace(p.case_no, '-[0-9]+$', ''))
    union all
    select h.unit_id, h.found_on, 'major_hazard', i.inspection_no || '/' || h.item_code
    from hazards h join inspections i using (inspection_id) where h.is_major
    union all
    select unit_id, (coalesce(checked_at, received_at) at time zone 'Asia/Shanghai')::date, 'complaint_verified', complaint_no
    from complaints c where verified
      -- One fact once: not where the first complaint of it posts, nor an earlier one joined to the same, nor where one has.
      and not exists (select from complaints f where f.complaint_id = c.same_fact_as and f.verified)
      and not exists (select from complaints o where o.same_fact_as = c.same_fact_as and o.verified
                      and o.complaint_id < c.complaint_id)
      and not exists (select from complaints o join credit_entries p on p.unit_id = o.unit_id and p.event_ref = o.complaint_no
                      where o.same_fact_as = coalesce(c.same_fact_as, c.complaint_id))
    union all
    select unit_id, (occurred_at at time zone 'Asia/Shanghai')::date, 'fire_' || procedure, fire_no from fires
) e
where e.occurred_on <= %(day)s
  and not exists (select from credit_entries c where c.unit_id = e.unit_id and c.event_ref = e.event_ref)
order by e.occurred_on, e.event_kind, e.event_ref;
