-- name: lock_vendor
-- One vendor, locked while its keys change; the newest of its keys ever, and how many are valid.
select v.vendor_code, v.status,
    (select coalesce(max(k.key_no), 0) from vendor_keys k where k.vendor_code = v.vendor_code) as newest,
    (select count(*) from vendor_keys k where k.vendor_code = v.vendor_code and k.revoked_at is null
        and (k.ends_at is null or k.ends_at > %(now)s)) as valid
from vendors v where v.vendor_code = %(code)s for update

-- name: add
-- A new key.
insert into vendor_keys (vendor_code, key_no, login, kind, password_hash, note, created_at, created_by)
values (%(code)s, %(key_no)s, %(login)s, %(kind)s, %(hash)s, %(note)s, %(now)s, %(actor)s)

-- name: keys
-- Keys of one vendor or of all, the newest first; never the hash.
select vendor_code, key_no, login, kind, certificate_serial, certificate_ends_at, note, created_at, created_by, ends_at,
    revoked_at, revoked_by,
    case when revoked_at is not null then 'revoked' when ends_at <= %(now)s then 'ended'
         when certificate_ends_at <= %(now)s then 'expired' when ends_at is not null then 'ending'
         else 'valid' end as state
from vendor_keys
where (%(code)s::text is null or vendor_code = %(code)s) and (%(login)s::text is null or login = %(login)s)
order by vendor_code, key_no desc

-- name: revoke
-- End a key for good.
update vendor_keys set revoked_at = %(now)s, revoked_by = %(actor)s
where vendor_code = %(code)s and key_no = %(key_no)s

-- name: end_later
-- Give a key an end.
update vendor_keys set ends_at = %(ends_at)s where vendor_code = %(code)s and key_no = %(key_no)s

-- name: bind
-- The certificate that was issued for a key.
update vendor_keys set certificate_serial = %(serial)s, certificate_ends_at = %(ends_at)s
where vendor_code = %(code)s and key_no = %(key_no)s and certificate_serial is null
returning login
