-- What devices said of their points without its being an event by itself. A report that does not name a fire ends it, if
-- there is one; whether there was one is known for good only when nothing earlier can come any more.

create table status_words (
    word_id   integer generated always as identity primary key,
    source    text not null,
    holds     text[] not null,
    ends      text[] not null,
    is_reset  boolean not null,
    constraint status_words_key unique (source, holds, ends, is_reset)
);
comment on table status_words is 'the few things that reports say, so that a row of point_statuses need not say it in full';
comment on column status_words.holds is 'kinds that hold, of a packet its device sent again: an event where it is news';
comment on column status_words.ends is 'kinds that do not hold, where that is not told by an event: a restore where one held';
comment on column status_words.is_reset is 'true: of every point of the system that the point names';

create table point_statuses (
    device_id    integer not null,
    point        text not null,
    ts           timestamptz not null,
    word_id      integer not null,
    received_at  timestamptz not null,
    packet       bigint,
    primary key (device_id, point, ts, word_id, received_at)
);
create index point_statuses_age on point_statuses (ts);
comment on table point_statuses is
    'what was said of points without an event of its own, for as long as something earlier may come late; then the newest of each';
comment on column point_statuses.packet is
    'of a reset without a time of its own: what tells that its device has sent the same packet again';

-- device_points from now on has the conditions that ever held, and ts is when one was last told, or when it ended.

grant select, insert on status_words, point_statuses to huoyan_ingest, huoyan_scheduler;
grant delete on point_statuses to huoyan_scheduler;
grant select on status_words, point_statuses to huoyan_api;
