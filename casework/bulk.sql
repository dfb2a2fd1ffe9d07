-- name: stage_credit
-- Ledger entries wait here until they are merged.
drop table if exists pg_temp.stage_credit;
create temp table stage_credit (
    unit_no text, occurred_on date, points float8, event_kind text, event_ref text, article text
) on commit drop;

-- name: stray_credit
-- The first unit that is not in the register.
select s.unit_no as key from stage_credit s
where not exists (select from units u where u.unit_no = s.unit_no offset 0) limit 1;

-- name: merge_credit
-- New ledger entries in; the ledger is append-only.
with merged as (
    insert into credit_entries (unit_id, occurred_on, points, event_kind, event_ref, article)
    select u.unit_id, s.occurred_on, round(s.points::numeric, 2), s.event_kind, s.event_ref, s.article
    from stage_credit s
    cross join lateral (select unit_id from units where unit_no = s.unit_no offset 0) u
    on conflict (event_kind, event_ref) do nothing
    returning 1 as inserted
)
select count(*) as merged, count(*) filter (where inserted = 1) as inserted from merged;

-- name: stage_listings
-- Listings wait here until they are merged.
drop table if exists pg_temp.stage_listings;
create temp table stage_listings (unit_no text, list text, from_day date, to_day date, basis text) on commit drop;

-- name: stray_listings
-- The first unit that is not in the register.
select s.unit_no as key from stage_listings s
where not exists (select from units u where u.unit_no = s.unit_no offset 0) limit 1;

-- name: merge_listings
-- New listings in, changed ones brought up to date.
with merged as (
    insert into credit_listings (unit_id, list, from_day, to_day, basis)
    select distinct on (u.unit_id, s.list, s.from_day) u.unit_id, s.list, s.from_day, s.to_day, s.basis
    from stage_listings s
    cross join lateral (select unit_id from units where unit_no = s.unit_no offset 0) u
    order by u.unit_id, s.list, s.from_day
    on conflict (unit_id, list, from_day) do update set to_day = excluded.to_day, basis = excluded.basis
    where (credit_listings.to_day, credit_listings.basis) is distinct from (excluded.to_day, excluded.basis)
    returning (xmax = 0)::int as inserted
)
select count(*) as merged, count(*) filter (where inserted = 1) as inserted from merged;

-- name: listed_twice
-- A staged unit that is on the general and the serious list on one day.
select u.unit_no, greatest(a.from_day, b.from_day) as day
from credit_listings a
join credit_listings b on b.unit_id = a.unit_id and b.list = 'serious'
join units u on u.unit_id = a.unit_id
where a.list = 'general' and u.unit_no in (select unit_no from stage_listings)
  and daterange(a.from_day, a.to_day, '[]') && daterange(b.from_day, b.to_day, '[]')
limit 1;
