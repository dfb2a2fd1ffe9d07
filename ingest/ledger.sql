-- name: batches
-- The batches of a session, oldest first.
select batch, messages from delivery_batches where session = %(session)s order by batch

-- name: remember
-- Write a batch down and drop those that nothing can come again of.
with gone as (delete from delivery_batches where session = %(session)s and batch < %(oldest)s)
insert into delivery_batches (session, batch, messages, received_at, keys)
values (%(session)s, %(batch)s, %(messages)s, %(received)s, %(keys)b)

-- name: keys
-- The messages of a session.
select keys from delivery_batches where session = %(session)s
