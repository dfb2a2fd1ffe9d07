-- Logins, keys and limits of vendors.

-- null: the limit of policy. What is over a limit waits in quarantine; alarms and events are never limited.
alter table vendors
    add column messages_per_second double precision check (messages_per_second > 0),
    add column message_burst double precision check (message_burst >= 1),
    add column bytes_per_second double precision check (bytes_per_second > 0),
    add column byte_burst double precision check (byte_burst >= 1),
    add column payload_bytes integer check (payload_bytes >= 64);

-- A vendor has several keys at once, so that a new one can be spread before the old one ends. A number is never used
-- again: what a log says of acme.k2 stays true.
create table vendor_keys (
    vendor_code         text not null references vendors,
    key_no              integer not null check (key_no between 1 and 9999),
    login               text not null unique,
    kind                text not null check (kind in ('password', 'certificate')),
    password_hash       text check (password_hash ~ '^\$7\$[0-9]{1,9}\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==$'),
    certificate_serial  text unique check (certificate_serial ~ '^[0-9A-F]{1,40}$'),
    certificate_ends_at timestamptz,
    note                text not null default '' check (length(note) <= 200),
    created_at          timestamptz not null,
    created_by          text not null,
    ends_at             timestamptz,
    revoked_at          timestamptz,
    revoked_by          text,
    primary key (vendor_code, key_no),
    constraint key_login check (login = case when key_no = 1 then vendor_code else vendor_code || '.k' || key_no end),
    constraint key_secret check ((kind = 'password') = (password_hash is not null)),
    constraint key_certificate check (kind = 'certificate' or certificate_serial is null),
    constraint key_revoked check ((revoked_at is null) = (revoked_by is null))
);
comment on column vendor_keys.login is 'user name at the broker: the code for the first key, CODE.kN for the others';
comment on column vendor_keys.password_hash is
    'as mosquitto_passwd writes it: $7$iterations$salt$PBKDF2-SHA512, salt and hash in base64; the salt is ASCII';
comment on column vendor_keys.ends_at is 'when the key stops being taken; null: until it is revoked';

-- What the broker shall take now. now() and not an argument, since EMQX reads the same views.
create view broker_logins as
select k.login, k.vendor_code, k.kind, k.password_hash
from vendor_keys k join vendors v using (vendor_code)
where v.status = 'active' and k.revoked_at is null and (k.ends_at is null or k.ends_at > now());

-- A vendor publishes under its own code, and reads what the centre says to its devices in GB/T 26875.3, and what an
-- edge node of Sparkplug needs: commands to its own group and whether the host is there.
create view broker_access as
select l.login, t.action, t.topic
from broker_logins l cross join lateral (values
    ('publish', 'huoyan/v1/' || l.vendor_code || '/#'),
    ('publish', 'spBv1.0/' || l.vendor_code || '/#'),
    ('subscribe', 'huoyan/v1/' || l.vendor_code || '/+/gbt26875/down'),
    ('subscribe', 'spBv1.0/' || l.vendor_code || '/NCMD/#'),
    ('subscribe', 'spBv1.0/' || l.vendor_code || '/DCMD/#'),
    ('subscribe', 'spBv1.0/STATE/#')) as t (action, topic);

-- Certificates that a revocation list has to name, those of suspended vendors among them: the list of the day after
-- may leave them out again. Those that have ended by themselves need not be on it.
create view broker_revocations as
select k.certificate_serial, coalesce(k.revoked_at, least(k.ends_at, now()), k.created_at) as revoked_at
from vendor_keys k join vendors v using (vendor_code)
where k.certificate_serial is not null and k.certificate_ends_at > now()
    and (k.revoked_at is not null or k.ends_at <= now() or v.status <> 'active');

-- The same for EMQX, whose authenticator wants hash and salt apart, the hash in hex.
create view emqx_logins as
select login as username, encode(decode(split_part(password_hash, '$', 5), 'base64'), 'hex') as password_hash,
       encode(decode(split_part(password_hash, '$', 4), 'base64'), 'escape') as salt, false as is_superuser
from broker_logins where kind = 'password';
create view emqx_access as
select login as username, 'allow' as permission, action, topic from broker_access;

-- What each vendor sent in each hour. No reference to vendors: a lock there would make every batch wait for the next.
-- The slot keeps processes that count at the same time from waiting for each other; readers sum over it.
create table vendor_hours (
    vendor_code  text not null,
    hour         timestamptz not null check (hour = date_trunc('hour', hour)),
    form         text not null,
    slot         smallint not null,
    messages     bigint not null default 0,
    bytes        bigint not null default 0,
    readings     bigint not null default 0,
    events       bigint not null default 0,
    refused      bigint not null default 0,
    primary key (vendor_code, hour, form, slot)
) with (fillfactor = 60);
create index vendor_hours_age on vendor_hours (hour);
comment on table vendor_hours is 'counts by the hour of receipt; a message that was delivered twice counts twice';
comment on column vendor_hours.readings is 'values and states that were taken in';
comment on column vendor_hours.refused is 'pieces that went to quarantine';

-- least privilege: whoever tells the broker reads what the broker shall know, and nothing else -----------------------

do $$
begin
    if not exists (select from pg_roles where rolname = 'huoyan_broker') then
        create role huoyan_broker nologin;
    end if;
end $$;
grant select on alembic_version, broker_logins, broker_access, broker_revocations, emqx_logins, emqx_access
    to huoyan_broker;

-- The pages make keys and end them, and never see a hash again.
grant select (vendor_code, key_no, login, kind, certificate_serial, certificate_ends_at, note, created_at, created_by,
    ends_at, revoked_at, revoked_by), insert, update (certificate_serial, certificate_ends_at, note,
    ends_at, revoked_at, revoked_by) on vendor_keys to huoyan_api;
grant select on vendor_hours to huoyan_api;
grant select, insert, update on vendor_hours to huoyan_ingest;
grant select, insert, update, delete on vendor_hours to huoyan_scheduler;
