-- name: decisions_of
-- The decisions that rows of penalties belong to, in the order of the first row of each: the rows of one case are one decision.
with asked as (
    select coalesce(own.case_no, whole.case_no, n.number) as ref, min(n.place) as place,
           coalesce(own.case_no, whole.case_no) is not null as is_case
    from unnest(%(numbers)s::text[]) with ordinality as n (number, place)
    left join cases own on own.case_no = n.number
    left join cases whole on whole.case_no = regexp_replace(n.number, '-[0-9]+$', '')
    group by 1, 3
), parts as (
    select a.ref, a.place, p.penalty_id, p.unit_id, p.decided_on, p.kind, p.article
    from asked a join penalties p on p.case_no = a.ref where p.withdrawn_on is null
    union all
    select a.ref, a.place, p.penalty_id, p.unit_id, p.decided_on, p.kind, p.article
    from asked a join penalties p on regexp_replace(p.case_no, '-[0-9]+$', '') = a.ref
    where a.is_case and p.case_no <> a.ref and p.withdrawn_on is null
)
select p.ref, p.unit_id, min(p.decided_on) as decided_on, array_agg(p.kind order by p.penalty_id) as kinds,
       min(p.article) as article, coalesce(min(c.procedure), 'ordinary') as procedure,
       coalesce(min(c.party), 'organisation') as party
from parts p left join cases c on c.case_no = p.ref
group by p.ref, p.place, p.unit_id order by p.place, p.unit_id;

-- name: missing
-- Decisions of the time in which they would still be public that have no entry.
select d.ref, d.unit_id, min(d.decided_on) as decided_on, array_agg(d.kind order by d.penalty_id) as kinds,
       min(d.article) as article, coalesce(min(c.procedure), 'ordinary') as procedure,
       coalesce(min(c.party), 'organisation') as party
from (
    select coalesce(k.case_no, p.case_no) as ref, p.*
    from penalties p left join cases k on k.case_no = regexp_replace(p.case_no, '-[0-9]+$', '')
    where p.decided_on >= %(since)s and p.decided_on <= %(day)s and p.withdrawn_on is null
) d left join cases c on c.case_no = d.ref
where not exists (select from credit_publicity s where s.kind = 'penalty' and s.ref = d.ref)
group by d.ref, d.unit_id;

-- name: listing
-- One listing.
select listing_id, unit_id, list, from_day, basis from credit_listings where listing_id = %s;

-- name: missing_listings
-- Open listings that have no entry.
select l.listing_id, l.unit_id, l.list, l.from_day, l.basis from credit_listings l
where l.to_day is null
  and not exists (select from credit_publicity s where s.kind = l.list and s.ref = l.listing_id::text);

-- name: insert
-- Public entries, all at once; of a decision that grows by another penalty the longer time holds.
insert into credit_publicity (kind, ref, unit_id, area_code, party_name, what, basis, decided_on, earliest_on, until_on)
select n.kind, n.ref, n.unit_id, u.area_code, u.name, n.what, n.basis, n.day, n.earliest, n.until
from unnest(%(kinds)s::text[], %(refs)s::text[], %(units)s::bigint[], %(whats)s::text[], %(bases)s::text[],
            %(days)s::date[], %(earliest)s::date[], %(until)s::date[]) with ordinality
     as n (kind, ref, unit_id, what, basis, day, earliest, until, place)
join units u using (unit_id)
order by n.place
on conflict (kind, ref) do update set what = excluded.what,
    earliest_on = greatest(credit_publicity.earliest_on, excluded.earliest_on);

-- name: withdraw
-- A decision of which nothing stands any more.
update credit_publicity s set ended_on = greatest(%(day)s, s.decided_on), ended_why = 'withdrawn'
where s.kind = 'penalty' and s.ended_on is null
  and s.ref in (%(number)s, regexp_replace(%(number)s, '-[0-9]+$', ''))
  and not exists (select from penalties p where p.unit_id = s.unit_id and p.withdrawn_on is null
                  and (p.case_no = s.ref or regexp_replace(p.case_no, '-[0-9]+$', '') = s.ref));

-- name: end
-- One entry ended.
update credit_publicity set ended_on = %(day)s, ended_why = %(why)s
where kind = %(kind)s and ref = %(ref)s and ended_on is null;

-- name: one
-- The entry of something.
select * from credit_publicity where kind = any(%(kinds)s) and ref = %(ref)s for update;

-- name: end_by_itself
-- What has run its longest time.
update credit_publicity set ended_on = until_on, ended_why = 'longest'
where ended_on is null and until_on < %(day)s;

-- name: end_listings
-- Listings whose publicity has run its longest time.
update credit_listings l set to_day = s.until_on, ended_why = 'longest'
from credit_publicity s
where s.kind = l.list and s.ref = l.listing_id::text and s.ended_why = 'longest' and l.to_day is null;
