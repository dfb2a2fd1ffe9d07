-- name: insert
-- One fire; a number stands once.
insert into fires (fire_no, unit_id, occurred_at, procedure, note)
values (%(number)s, %(unit)s, %(at)s, %(procedure)s, %(note)s)
on conflict (fire_no) do nothing
returning fire_id;

-- name: same
-- A fire of a unit at a moment.
select fire_no from fires where unit_id = %(unit)s and occurred_at = %(at)s limit 1;
