-- name: fire
-- A fire, locked against two re-examinations at once.
select fire_id, occurred_at from fires where fire_no = %s for update;

-- name: insert
-- One decision on a re-examination.
insert into fire_reviews (review_no, fire_no, asked_on, decided_on, outcome, note, entered_by)
values (%(number)s, %(fire)s, %(asked)s, %(day)s, %(outcome)s, %(note)s, %(actor)s);
