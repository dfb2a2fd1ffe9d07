-- name: logins
-- Every login that the broker shall take, with its hash where it has a password.
select login, kind, password_hash from broker_logins order by login

-- name: access
-- What each login may do.
select login, action, topic from broker_access order by login, action, topic

-- name: revocations
-- Certificates that the revocation list names.
select certificate_serial, revoked_at from broker_revocations order by certificate_serial
