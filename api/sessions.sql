-- name: count_attempt
-- Count a login attempt of an account that is not locked; the last one allowed locks it until its password proves right.
update accounts
set failed_logins = case when locked_until is not null then 1 else failed_logins + 1 end,
    locked_until = case when (case when locked_until is not null then 1 else failed_logins + 1 end) >= %(most)s
                        then %(now)s::timestamptz + make_interval(mins => %(minutes)s) end
where username = %(username)s and active and (locked_until is null or locked_until <= %(now)s)
returning password_hash, role;

-- name: lock
-- Until when an account is locked.
select locked_until from accounts where username = %(username)s and active and locked_until > %(now)s;

-- name: clear_attempts
-- The right password came: count from nothing again.
update accounts set failed_logins = 0, locked_until = null where username = %(username)s;

-- name: purge
-- Some sessions that are over.
delete from sessions where token_hash in (select token_hash from sessions where expires_at <= %(now)s limit %(limit)s);

-- name: open
-- A new session.
insert into sessions (token_hash, username, created_at, expires_at)
values (%(hash)s, %(username)s, %(now)s, %(expires_at)s);

-- name: close
-- End one session.
delete from sessions where token_hash = %(hash)s;

-- name: find
-- The account behind a token, with every area code beneath its own.
with recursive who as (
    select a.username, a.display_name, a.role, a.area_codes, a.vendor_code, a.officer_no
    from sessions s join accounts a using (username)
    where s.token_hash = %(hash)s and s.expires_at > %(now)s and a.active
), beneath as (
    select area_code from areas where area_code in (select unnest(area_codes) from who)
    union
    select child.area_code from areas child join beneath on child.parent_code = beneath.area_code
)
select who.*, (select array_agg(area_code order by area_code) from beneath) as areas from who;
