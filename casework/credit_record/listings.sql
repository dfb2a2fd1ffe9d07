-- name: one
-- A listing.
select * from credit_listings where listing_id = %s for update;

-- name: held
-- Listings that hold on a day or begin later.
select listing_id, list, from_day, to_day from credit_listings
where unit_id = %(unit)s and (to_day is null or to_day >= %(day)s) order by from_day;

-- name: stain
-- The newest penalty or discredit listing since a day that speaks against the red list.
select * from (
    (select decided_on as day, 'penalty ' || case_no as what from penalties p
     where unit_id = %(unit)s and decided_on > %(since)s and decided_on <= %(day)s and withdrawn_on is null
       and not exists (select from cases c where c.party = 'citizen'
                       and c.case_no in (p.case_no, regexp_replace(p.case_no, '-[0-9]+$', '')))
     order by decided_on desc limit 1)
    union all
    (select coalesce(to_day, %(day)s), list || ' list' from credit_listings
     where unit_id = %(unit)s and list <> 'red' and coalesce(to_day, %(day)s) > %(since)s
     order by from_day desc limit 1)
) s order by day desc limit 1;

-- name: insert
-- A unit onto a list.
insert into credit_listings (unit_id, list, from_day, basis, notice_no, brought_in, decided_on, entered_by)
values (%(unit)s, %(list)s, %(day)s, %(basis)s, %(notice)s, false, %(day)s, %(actor)s)
on conflict (unit_id, list, from_day) do nothing
returning listing_id;

-- name: add_measure
-- What a listing brings.
insert into listing_measures (listing_id, kind, field, measure, basis)
values (%(listing)s, %(kind)s, %(field)s, %(measure)s, %(basis)s);

-- name: end
-- The last day of a listing; one that was brought in with its end may end before.
update credit_listings set to_day = greatest(%(day)s, from_day), ended_why = %(why)s
where listing_id = %(listing)s and (to_day is null or ended_why is null and to_day > %(day)s)
returning list;
