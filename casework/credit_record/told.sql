-- name: insert_foreign
-- What another body told, once for its own number.
insert into foreign_credit (unit_id, source_body, source_ref, memorandum, bearing, occurred_on, content, received_on,
                            entered_by)
values (%(unit)s, %(body)s, %(ref)s, %(memo)s, %(bearing)s, %(day)s, %(content)s, %(received)s, %(actor)s)
on conflict (source_body, source_ref) do nothing returning foreign_id;

-- name: insert_promise
-- A promise.
insert into credit_promises (promise_no, unit_id, area_code, party_name, kind, promised_on, content, published,
                             entered_by)
values (%(number)s, %(unit)s, %(area)s, %(name)s, %(kind)s, %(day)s, %(content)s, %(published)s, %(actor)s);

-- name: promise
-- A promise, locked.
select promised_on, broken_on from credit_promises where promise_no = %s for update;

-- name: break_promise
-- A promise that was broken.
update credit_promises set broken_on = %(day)s, broken_why = %(why)s where promise_no = %(number)s;

-- name: insert_permit
-- A permit, once.
insert into permits (permit_no, unit_id, area_code, kind, decided_on, valid_from, valid_to, content, entered_by)
values (%(number)s, %(unit)s, %(area)s, %(kind)s, %(day)s, %(first)s, %(last)s, %(content)s, %(actor)s)
on conflict (permit_no) do nothing returning permit_id;
