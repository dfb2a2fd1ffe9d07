-- name: insert
-- One decision; a case number stands once.
insert into penalties (case_no, unit_id, inspection_id, decided_on, kind, amount_yuan, article, entered_by)
values (%(number)s, %(unit)s, %(inspection)s, %(day)s, %(kind)s, %(amount)s, %(article)s, %(actor)s)
on conflict (case_no) do nothing
returning penalty_id;

-- name: add_officer
-- An officer who signed.
insert into penalty_officers (penalty_id, officer_no) values (%s, %s);

-- name: inspection
-- The visit a decision comes of.
select inspection_id, unit_id, inspected_on from inspections where inspection_no = %s;

-- name: same
-- A standing decision against a unit that agrees in all that was entered.
select case_no from penalties
where unit_id = %(unit)s and decided_on = %(day)s and kind = %(kind)s and article = %(article)s
  and amount_yuan is not distinct from %(amount)s::numeric and withdrawn_on is null limit 1;

-- name: locked
-- One decision, locked so that it is withdrawn once.
select unit_id, decided_on, withdrawn_on from penalties where case_no = %s for update;

-- name: withdraw
-- The day a decision was changed or annulled.
update penalties set withdrawn_on = %(day)s where case_no = %(number)s;

-- name: case_of
-- The case in which a decision was made, where it was made in one: the later kinds of a case have its number and a place.
select case_no from cases where case_no = regexp_replace(%s, '^(A[0-9]{8}-[0-9]+)-[0-9]+$', '\1');
