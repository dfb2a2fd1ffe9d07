-- name: last_number
-- The highest place taken in a day by numbers of referrals.
select max(substring(substr(referral_no, %(skip)s) from '^[0-9]{1,8}$')::int) as last
from referrals where referral_no like %(prefix)s;

-- name: same_open
-- A referral of the same matter that is not answered yet.
select referral_no, found_on from referrals
where unit_id is not distinct from %(unit)s::bigint and (unit_id is not null or place = %(place)s) and reason = %(reason)s and from_code = %(from)s and item_codes = %(items)s
  and source_noun is not distinct from %(noun)s::text and source_ref is not distinct from %(ref)s::text
  and state in ('found', 'sent', 'returned')
limit 1;

-- name: insert
-- One referral.
insert into referrals (referral_no, reason, unit_id, place, from_code, from_body, to_code, item_codes, source_noun,
    source_ref, found_on, state, owner_code, owner_body, note, made_by)
values (%(number)s, %(reason)s, %(unit)s, %(place)s, %(from)s, %(body)s, %(to)s, %(items)s, %(noun)s, %(ref)s, %(found)s,
    %(state)s, %(from)s, %(body)s, %(note)s, %(actor)s)
returning referral_id;

-- name: step
-- One step of the chain.
insert into referral_steps (referral_id, step, from_code, to_code, at, reason, made_by)
values (%(referral)s, %(step)s, %(from)s, %(to)s, %(at)s, %(reason)s, %(actor)s);

-- name: locked
-- One referral, locked.
select * from referrals where referral_no = %s for update;

-- name: move
-- Where a referral stands and who owns it.
update referrals set state = %(state)s, to_code = %(to)s, owner_code = %(owner)s, owner_body = %(body)s,
    outcome = %(outcome)s
where referral_id = %(referral)s;

-- name: listed
-- Referrals of some areas, the newest first: sent to them, owned by them or begun by them.
select r.referral_no, r.referral_id, r.reason, r.unit_id, u.unit_no, u.name as unit_name, r.place, r.from_code,
    f.name_zh as from_zh, f.name_en as from_en, r.from_body, r.to_code, t.name_zh as to_zh, t.name_en as to_en,
    r.item_codes, r.source_noun, r.source_ref, r.found_on, r.state, r.owner_code, r.owner_body, r.note, r.outcome,
    r.made_by, r.made_at, c.due_at as answer_by
from referrals r join areas f on f.area_code = r.from_code join areas t on t.area_code = r.to_code
left join units u using (unit_id)
left join clocks c on c.rule = case r.state when 'found' then 'delegation.station_transfer'
    else 'delegation.referral_answered' end and c.ref = r.referral_no and c.done_at is null and c.dropped_at is null
where (%(areas)s::text[] is null or r.from_code = any(%(areas)s) or r.to_code = any(%(areas)s)
       or r.owner_code = any(%(areas)s))
  and (%(number)s::text is null or r.referral_no = %(number)s)
  and (%(from)s::text is null or r.from_code = %(from)s)
  and case %(box)s when 'in' then r.state = 'sent' and (%(areas)s::text[] is null or r.to_code = any(%(areas)s))
      when 'out' then r.state in ('found', 'sent', 'returned') and (%(areas)s::text[] is null or r.from_code = any(%(areas)s))
      when 'owned' then r.state <> 'closed' and (%(areas)s::text[] is null or r.owner_code = any(%(areas)s))
      else true end
  and (%(before)s::bigint is null or r.referral_id < %(before)s)
order by r.referral_id desc limit %(limit)s;

-- name: steps
-- The chain of a referral.
select step, from_code, to_code, at, reason, made_by from referral_steps where referral_id = %s order by step_id;

-- name: uncorrected
-- Orders of towns whose day has passed, that a later re-inspection found open and that were not passed on yet.
select o.order_no, o.unit_id, t.town_code, g.principal_code
from orders o
join town_acts t on t.inspection_id = o.inspection_id and t.body = 'town'
join agreements g using (agreement_id)
where o.closed_on is null and o.correct_by < %(day)s and (%(unit)s::bigint is null or o.unit_id = %(unit)s)
  and exists (select from inspections i where i.unit_id = o.unit_id and i.kind = 'reinspection' and i.status = 'done'
              and i.inspected_on > o.correct_by and i.inspected_on <= %(day)s)
  and not exists (select from referrals r where r.source_noun = 'order' and r.source_ref = o.order_no)
order by o.order_id;

-- name: items_of_order
-- The items of an order that are still open.
select h.item_code from orders o join hazards h on h.inspection_id = o.inspection_id and h.due_on = o.correct_by
where o.order_no = %s and h.handling = 'ordered' and h.corrected_on is null order by h.item_code;

-- name: area
-- The level of an area, and whether it lies in another.
with recursive above as (
    select area_code, parent_code, level from areas where area_code = %(area)s
    union all
    select p.area_code, p.parent_code, p.level from areas p join above on p.area_code = above.parent_code
)
select a.area_code, a.level, a.parent_code, array(select area_code from above) as above
from areas a where a.area_code = %(area)s;
