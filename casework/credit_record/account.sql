-- name: total
-- What the ledger adds up to by a day.
select coalesce(sum(points), 0) as points, count(*) as entries from credit_entries
where unit_id = %(unit)s and occurred_on <= %(day)s;

-- name: entries
-- The newest entries, each with the balance after it.
select entry_id, occurred_on, points::float8 as points, event_kind, event_ref, article, entered_at,
       (%(start)s::numeric + sum(points) over (order by occurred_on, entry_id))::float8 as balance
from credit_entries where unit_id = %(unit)s and occurred_on <= %(day)s
order by occurred_on desc, entry_id desc limit %(limit)s;

-- name: listings
-- The lists that a unit is or was on, with what they bring.
select l.listing_id, l.list, l.from_day, l.to_day, l.ended_why, l.basis, l.notice_no,
       coalesce((select jsonb_agg(jsonb_build_object('kind', m.kind, 'field', m.field, 'measure', m.measure,
                                                     'basis', m.basis) order by m.measure_id)
                 from listing_measures m where m.listing_id = l.listing_id), '[]') as measures
from credit_listings l where l.unit_id = %(unit)s order by l.from_day desc, l.listing_id desc limit %(limit)s;

-- name: public
-- What of it is or was public.
select kind, ref, what, basis, decided_on, earliest_on, until_on, ended_on, ended_why from credit_publicity
where unit_id = %(unit)s order by publicity_id desc limit %(limit)s;

-- name: matters
-- Notices, objections and repairs, with the period that ends next.
select m.noun, m.matter_no, m.target, m.ref, m.began_at, m.standing, m.closed_on, d.due_rule, d.due_at
from credit_matters m
left join lateral (select rule as due_rule, due_at from clocks where noun = 'credit_' || m.noun and ref = m.matter_no
                   and done_at is null and dropped_at is null order by clocks.due_at limit 1) d on true
where m.unit_id = %(unit)s order by m.matter_id desc limit %(limit)s;

-- name: foreign
-- What other bodies told, with its source.
select foreign_id, source_body, source_ref, memorandum, bearing, occurred_on, content, received_on from foreign_credit
where unit_id = %(unit)s order by occurred_on desc, foreign_id desc limit %(limit)s;

-- name: promises
-- Promises.
select promise_no, kind, promised_on, content, published, broken_on, broken_why from credit_promises
where unit_id = %(unit)s order by promise_id desc limit %(limit)s;

-- name: permits
-- Permits.
select permit_no, kind, decided_on, valid_from, valid_to, withdrawn_on, content from permits
where unit_id = %(unit)s order by permit_id desc limit %(limit)s;

-- name: evaluations
-- Yearly evaluations.
select year, as_of, inputs, grade, measures, policy_version from credit_evaluations
where unit_id = %(unit)s order by year desc limit %(limit)s;
