-- name: take
-- Take a seat: from now on only this holder stores what comes by it. Waits for a batch that is being stored. Others can't
-- count on it before it is subscribed.
insert into ingest_seats (client_id, share, holder, leaving) values (%(client)s, %(share)s, %(holder)s, true)
on conflict (client_id) do update set share = excluded.share, holder = excluded.holder, leaving = true, ended_at = null

-- name: stay
-- The seat is subscribed: others may leave.
update ingest_seats set leaving = false where client_id = %(client)s and holder = %(holder)s

-- name: reach_for
-- Take over a seat of the group, for ending it: nobody can count on it any more, whoever holds its lock.
update ingest_seats set holder = %(holder)s, leaving = true where client_id = %(client)s and share = %(share)s
returning client_id

-- name: shares
-- The groups that sessions have been in.
select distinct share from ingest_seats where share <> ''

-- name: seats
-- The seats of a group, and whether the session was ended long enough ago to be looked at once more.
select client_id, leaving, ended_at is not null as is_ended,
       coalesce(ended_at < now() - %(settled)s::interval, false) as is_settled
from ingest_seats where share = %(share)s and not alone order by client_id

-- name: alone
-- The session for alarms of a group; the first one to ask names it.
with made as (
    insert into ingest_seats (client_id, share, holder, alone) values (%(client)s, %(share)s, '', true)
    on conflict do nothing
)
select client_id from ingest_seats where share = %(share)s and alone

-- name: hold_alone
-- Take over the session for alarms, also from a group that has another name now. Waits for a batch that is being stored.
update ingest_seats set holder = %(holder)s, share = %(share)s where client_id = %(client)s and alone
returning client_id

-- name: leave
-- This holder gives the subscription up.
update ingest_seats set leaving = true where client_id = %(client)s and holder = %(holder)s

-- name: end
-- The session was ended.
update ingest_seats set ended_at = now() where client_id = %(client)s and holder = %(holder)s

-- name: forget
-- The session is not there any more.
delete from ingest_seats where client_id = %(client)s and holder = %(holder)s

-- name: holds
-- Whether a seat is still this holder's; nobody can take it until the transaction ends.
select from ingest_seats where client_id = %(client)s and holder = %(holder)s for share
