-- name: same
-- A request that agrees in all that identifies it.
select request_no from visit_requests
where unit_id = %(unit)s and kind = %(kind)s and received_at = %(received)s and withdrawn_at is null limit 1;

-- name: insert
-- A request as it came in.
insert into visit_requests (request_no, kind, unit_id, received_at, from_body, document_no, held_from, held_to, note,
    entered_by)
values (%(number)s, %(kind)s, %(unit)s, %(received)s, %(body)s, %(document)s, %(from)s, %(to)s, %(note)s, %(actor)s);

-- name: locked
-- One request, locked.
select * from visit_requests where request_no = %s for update;

-- name: ended
-- When the visit of a request ended.
select ended_at from inspections where inspection_id = %s;

-- name: permit
-- What was granted, as the credit platform takes it; one that was entered by hand stays.
insert into permits (permit_no, unit_id, area_code, kind, decided_on, valid_from, content, entered_by)
select %(number)s, unit_id, area_code, 'opening', %(day)s, %(day)s, %(content)s, %(actor)s from units where unit_id = %(unit)s
on conflict (permit_no) do nothing;

-- name: visit
-- A visit by its number.
select inspection_id, unit_id, kind, status, inspected_on, ended_at from inspections where inspection_no = %s;

-- name: checked
-- The visit made for a request.
update visit_requests set inspection_id = %(inspection)s where request_no = %(number)s;

-- name: uncorrected
-- How many hazards that a visit ordered to be corrected were not by a day.
select count(*) as hazards from hazards
where inspection_id = %(inspection)s and handling = 'ordered' and (corrected_on is null or corrected_on > %(day)s);

-- name: decide
-- What was decided.
update visit_requests set decided_at = %(at)s, passed = %(passed)s, decision_no = %(decision)s
where request_no = %(number)s;

-- name: hand_back
-- The record went back to who gave notice.
update visit_requests set handed_back_at = %(at)s where request_no = %(number)s;

-- name: withdraw
-- Taken back.
update visit_requests set withdrawn_at = %(at)s, withdrawn_why = %(why)s where request_no = %(number)s;

-- name: license
-- The licence that a decision is, where its number is free or was entered by hand for the same unit.
insert into licences (licence_no, unit_id, kind, route, decided_on, granted, note, made_by)
values (%(number)s, %(unit)s, 'opening', 'ordinary', %(day)s, %(granted)s, %(note)s, %(actor)s)
on conflict (licence_no) do update set revoked_on = licences.revoked_on
    where licences.unit_id = excluded.unit_id and licences.granted = excluded.granted
returning licence_no;
