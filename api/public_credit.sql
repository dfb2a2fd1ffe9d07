-- name: page
-- What is public on a day, the newest first: each kind by its index.
with newest as (
    select k.publicity_id from unnest(%(kinds)s::text[]) as one (kind)
    cross join lateral (
        select publicity_id from credit_publicity c
        where c.kind = one.kind and c.ended_on is null and c.decided_on <= %(day)s
          and (c.until_on is null or c.until_on >= %(day)s)
          and (%(before)s::bigint is null or c.publicity_id < %(before)s)
        order by c.publicity_id desc limit %(limit)s) k
    order by k.publicity_id desc limit %(limit)s
)
select c.publicity_id, c.kind, c.party_name as name, u.unit_no, u.uscc, a.name_zh as area_zh, a.name_en as area_en, c.ref,
       c.what, c.basis, c.decided_on as from_day, c.earliest_on, c.until_on as until_day,
       exists (select from credit_matters m where m.unit_id = c.unit_id and m.noun = 'objection' and m.ref = c.ref
               and m.standing = 'open') as objected,
       coalesce((select jsonb_agg(jsonb_build_object('field', m.field, 'measure', m.measure, 'basis', m.basis)
                                  order by m.measure_id)
                 from listing_measures m
                 where m.listing_id = case when c.kind <> 'penalty' then c.ref::bigint end), '[]') as measures
from newest join credit_publicity c using (publicity_id) join units u using (unit_id)
join areas a on a.area_code = c.area_code
order by c.publicity_id desc;

-- name: search
-- What is public on a day of whoever is looked for.
with known as (
    select c.publicity_id from credit_publicity c
    where text_pieces(c.party_name) @> %(pieces)s::text[] and c.party_name collate "C" ilike %(text)s
    union
    select c.publicity_id from credit_publicity c join units u using (unit_id)
    where u.uscc = upper(%(q)s) or u.unit_no = %(q)s
), found as (
    select c.publicity_id from known join credit_publicity c using (publicity_id)
    where c.kind = any(%(kinds)s::text[]) and c.ended_on is null and c.decided_on <= %(day)s
      and (c.until_on is null or c.until_on >= %(day)s)
      and (%(before)s::bigint is null or c.publicity_id < %(before)s)
    order by c.publicity_id desc limit %(limit)s
)
select c.publicity_id, c.kind, c.party_name as name, u.unit_no, u.uscc, a.name_zh as area_zh, a.name_en as area_en, c.ref,
       c.what, c.basis, c.decided_on as from_day, c.earliest_on, c.until_on as until_day,
       exists (select from credit_matters m where m.unit_id = c.unit_id and m.noun = 'objection' and m.ref = c.ref
               and m.standing = 'open') as objected,
       coalesce((select jsonb_agg(jsonb_build_object('field', m.field, 'measure', m.measure, 'basis', m.basis)
                                  order by m.measure_id)
                 from listing_measures m
                 where m.listing_id = case when c.kind <> 'penalty' then c.ref::bigint end), '[]') as measures
from found join credit_publicity c using (publicity_id) join units u using (unit_id)
join areas a on a.area_code = c.area_code
order by c.publicity_id desc;

-- name: promises
-- Published promises, the newest first.
select p.promise_id, p.promise_no, p.party_name as name, u.unit_no, p.kind, p.promised_on, p.content, p.broken_on
from credit_promises p join units u using (unit_id)
where p.published and (%(before)s::bigint is null or p.promise_id < %(before)s)
  and (%(text)s::text is null or p.promise_id in (
       select n.promise_id from credit_promises n
       where text_pieces(n.party_name) @> %(pieces)s::text[] and n.party_name collate "C" ilike %(text)s
       union all
       select n.promise_id from credit_promises n join units w using (unit_id) where w.unit_no = %(q)s))
order by p.promise_id desc limit %(limit)s;
