create table echoes (
    digest  bytea primary key,
    ahead   integer not null,
    since   timestamptz not null
);
comment on table echoes is 'alarms come by two sessions with the broker: whichever brings a message first stores it, the other brings its echo';
comment on column echoes.digest is 'of topic and payload';
comment on column echoes.ahead is 'how many more of them the session for alarms has brought than the other; below zero: fewer';
comment on column echoes.since is 'when one of them came last';

create table ingest_seats (
    client_id  text primary key,
    share      text not null,
    holder     text not null,
    alone      boolean not null default false,
    leaving    boolean not null default false,
    ended_at   timestamptz
);
comment on table ingest_seats is 'sessions that the broker keeps for the members of a group which shares one subscription';
comment on column ingest_seats.holder is 'who may store what comes by it: taken over, the one before is refused with its next batch';
comment on column ingest_seats.alone is 'the one session for alarms of the group, which shares nothing: whoever holds it reads them all';
comment on column ingest_seats.leaving is 'its process gives the subscription up: others must not count on it when they leave';
comment on column ingest_seats.ended_at is 'when the session was ended because nobody came back to it; looked at once more before it is forgotten';

create unique index ingest_seats_alone on ingest_seats (share) where alone;

grant select, insert, update, delete on echoes, ingest_seats to huoyan_ingest;

comment on table deliveries is
    'deliveries that only the broker''s packet number tells from a repetition: without a time of their own, of alarms, or put aside; kept for the redelivery window';
