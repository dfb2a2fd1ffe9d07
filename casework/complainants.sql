-- name: insert
-- Who made a complaint.
insert into complainants (complaint_id, name, phone, hidden) values (%(id)s, %(name)s, %(phone)s, %(hidden)s);

-- name: one
-- Who made a complaint, by its number.
select w.name, w.phone, w.hidden, w.cleared_at from complainants w join complaints using (complaint_id)
where complaint_no = %s;

-- name: clear
-- Names of complaints that ended before a day: told or noted as not to be told, checked, and no reward still to be paid.
update complainants w set name = null, phone = null, cleared_at = now()
from complaints c
where w.cleared_at is null and c.complaint_id = w.complaint_id and c.checked_at < %(before)s::date
  and (c.untold_why is not null or c.told_at < %(before)s::date)
  and not exists (select from complaint_rewards r where r.complaint_id = c.complaint_id and r.state = 'granted');
