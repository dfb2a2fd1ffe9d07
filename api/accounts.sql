-- name: read
-- One account, locked for a change.
select username, display_name, role, area_codes, vendor_code, officer_no, active, failed_logins, locked_until, created_at
from accounts where username = %(username)s for update;

-- name: list
-- Every account by role and name.
select username, display_name, role, area_codes, vendor_code, officer_no, active, failed_logins,
       locked_until, created_at,
       (select count(*) from sessions s where s.username = a.username and s.expires_at > %(now)s) as open_sessions
from accounts a
order by array_position(array['administrator', 'brigade', 'officer', 'town', 'vendor'], role), username
limit %(limit)s;

-- name: add
-- A new account; nothing happens where the name is taken.
insert into accounts (username, display_name, password_hash, role, area_codes, vendor_code, officer_no, created_at)
values (%(username)s, %(display_name)s, %(password_hash)s, %(role)s, %(area_codes)s, %(vendor_code)s, %(officer_no)s,
        %(now)s)
on conflict (username) do nothing
returning username;

-- name: set_password
-- A new password, and the count of failures set back.
update accounts set password_hash = %(password_hash)s, failed_logins = 0, locked_until = null
where username = %(username)s;

-- name: set_active
-- Close an account or open it again.
update accounts set active = %(active)s, failed_logins = 0, locked_until = null where username = %(username)s;

-- name: end_sessions
-- End every session of an account.
delete from sessions where username = %(username)s;

-- name: unknown_areas
-- Area codes that do not exist.
select code from unnest(%(codes)s::text[]) as code where not exists (select from areas where area_code = code);

-- name: known
-- Whether a vendor and an officer exist.
select exists (select from vendors where vendor_code = %(vendor_code)s) as vendor,
       exists (select from officers where officer_no = %(officer_no)s) as officer;

-- name: last_administrator
-- Whether no other active administrator would be left.
select not exists (select from accounts where role = 'administrator' and active and username <> %(username)s) as last;
