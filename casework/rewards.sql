-- name: joined_to
-- Whether another complaint is joined to this one.
select 1 from complaints where same_fact_as = %s limit 1;

-- name: join
-- One fact, told twice.
update complaints set same_fact_as = %(first)s where complaint_id = %(id)s;

-- name: reward
-- The decision on a reward.
select * from complaint_rewards where complaint_id = %s for update;

-- name: named
-- Whether somebody can be paid.
select 1 from complainants where complaint_id = %s and cleared_at is null;

-- name: major
-- Whether the visit of a check found a major hazard.
select 1 from hazards where inspection_id = %s and is_major limit 1;

-- name: number
-- The number of a complaint.
select complaint_no from complaints where complaint_id = %s;

-- name: decide
-- A reward granted or refused, once for the fact.
insert into complaint_rewards (complaint_id, fact_id, rule_from, band, amount_yuan, state, decided_on, decided_by, reason)
values (%(id)s, %(id)s, %(rule)s, %(band)s, %(amount)s, %(state)s, %(day)s, %(actor)s, %(reason)s);

-- name: pay
-- A granted reward, paid.
update complaint_rewards set state = 'paid', paid_on = %(day)s where complaint_id = %(id)s;
