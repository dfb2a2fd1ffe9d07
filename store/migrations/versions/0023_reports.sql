-- What the reports of a year, a quarter and a month count and no table held yet, and the indexes that make them quick.

-- who made a visit ----------------------------------------------------------------------------------------------------

create table inspection_staffing (
    inspection_id  bigint primary key references inspections on delete cascade,
    officers       integer not null check (officers > 0),
    bodies         integer not null check (bodies > 0),
    body           text not null check (body in ('brigade', 'town', 'police_station'))
);
comment on table inspection_staffing is
    'how many officers of how many bodies made a visit, kept by triggers: an officer who changes body moves no past figure';
comment on column inspection_staffing.body is 'the brigade where one of its officers took part, else the town, else the station';

create function staffing_told() returns trigger language plpgsql as $$
begin
    insert into inspection_staffing as held (inspection_id, officers, bodies, body)
    select w.inspection_id, count(*), count(distinct o.body),
           case when bool_or(o.body = 'brigade') then 'brigade' when bool_or(o.body = 'town') then 'town'
                else 'police_station' end
    from inspection_officers w join officers o using (officer_no)
    where w.inspection_id in (select inspection_id from touched)
    group by w.inspection_id
    on conflict (inspection_id) do update
        set officers = excluded.officers, bodies = excluded.bodies, body = excluded.body
        where (held.officers, held.bodies, held.body) is distinct from
              (excluded.officers, excluded.bodies, excluded.body);
    if tg_op = 'DELETE' then
        delete from inspection_staffing s
        where s.inspection_id in (select inspection_id from touched)
          and not exists (select from inspection_officers w where w.inspection_id = s.inspection_id);
    end if;
    return null;
end $$;
create trigger officers_came after insert on inspection_officers referencing new table as touched
    for each statement execute function staffing_told();
create trigger officers_left after delete on inspection_officers referencing old table as touched
    for each statement execute function staffing_told();

insert into inspection_staffing (inspection_id, officers, bodies, body)
select w.inspection_id, count(*), count(distinct o.body),
       case when bool_or(o.body = 'brigade') then 'brigade' when bool_or(o.body = 'town') then 'town'
            else 'police_station' end
from inspection_officers w join officers o using (officer_no)
group by w.inspection_id;

-- what no table held ---------------------------------------------------------------------------------------------------

create table licences (
    licence_no     text primary key check (length(licence_no) between 1 and 64),
    unit_id        bigint not null references units,
    kind           text not null check (kind ~ '^[a-z_]{1,32}$'),
    route          text not null check (route in ('promise', 'ordinary')),
    decided_on     date not null,
    granted        boolean not null,
    e_licence_no   text unique check (length(e_licence_no) between 1 and 64),
    revoked_on     date check (revoked_on >= decided_on),
    note           text,
    made_by        text not null,
    made_at        timestamptz not null default now(),
    constraint only_a_granted_one check (granted or (e_licence_no is null and revoked_on is null))
);
create index licences_day on licences (decided_on);
create index licences_unit on licences (unit_id, decided_on desc);
comment on column licences.route is 'promise: 告知承诺; ordinary: inspected before';

create table education_events (
    event_no       text primary key check (length(event_no) between 1 and 64),
    area_code      text not null references areas,
    held_on        date not null,
    kind           text not null check (kind ~ '^[a-z_]{1,32}$'),
    topic          text not null check (length(topic) between 1 and 400),
    audience       integer not null check (audience between 1 and 10000000),
    evidence       text,
    made_by        text not null,
    made_at        timestamptz not null default now()
);
create index education_events_day on education_events (held_on);
comment on column education_events.audience is 'person-times (人次)';

create table drafting_courses (
    course_no      text primary key check (length(course_no) between 1 and 64),
    area_code      text not null references areas,
    held_on        date not null,
    topic          text not null check (length(topic) between 1 and 400),
    attendees      integer not null check (attendees between 1 and 100000),
    made_by        text not null,
    made_at        timestamptz not null default now()
);
create index drafting_courses_day on drafting_courses (held_on);

create table town_posts (
    post_no        text primary key check (length(post_no) between 1 and 64),
    town_code      text not null references areas,
    holder         text not null check (length(holder) between 1 and 100),
    officer_no     text references officers,
    from_day       date not null,
    to_day         date check (to_day >= from_day),
    made_by        text not null,
    made_at        timestamptz not null default now()
);
create index town_posts_town on town_posts (town_code, from_day);
comment on table town_posts is '镇街消防管理岗: who holds the fire post of a town, and how long';

create table case_reviews (
    review_no      text primary key check (length(review_no) between 1 and 64),
    noun           text not null check (noun in ('case', 'inspection', 'penalty')),
    ref            text not null check (length(ref) between 1 and 100),
    area_code      text not null references areas,
    reviewed_on    date not null,
    reviewer       text not null check (length(reviewer) between 1 and 100),
    qualified      boolean not null,
    transferred_to text,
    sample         text,
    note           text,
    made_by        text not null,
    made_at        timestamptz not null default now(),
    constraint reviewed_once_a_day unique (noun, ref, reviewed_on)
);
create index case_reviews_day on case_reviews (reviewed_on);
create index case_reviews_of on case_reviews (noun, ref);
comment on table case_reviews is '案卷评查: a file read by the brigade, with what was wrong in case_review_defects';
comment on column case_reviews.sample is 'the sample that the file was drawn into, where it was drawn';
create table case_review_defects (
    review_no      text not null references case_reviews,
    class          text not null check (class in ('documents', 'evidence', 'procedure')),
    code           text not null check (code ~ '^[a-z0-9_.]{1,64}$'),
    primary key (review_no, class, code)
);

-- days by which reports read --------------------------------------------------------------------------------------------

create index hazards_found_day on hazards (found_on);
create index hazards_corrected_day on hazards (corrected_on) where corrected_on is not null;
create index orders_served_day on orders (served_on);
create index penalties_day on penalties (decided_on);
create index complaints_checked_day on complaints (checked_at) where checked_at is not null;
create index complaints_received_day on complaints (received_at);
create index fires_day on fires (occurred_at);
create index cases_decided_day on cases (decided_on) where decided_on is not null;
create index measures_began_day on measures (kind, began_on);
create index major_hazards_ended_day on major_hazards (ended_on) where ended_on is not null;

grant select on inspection_staffing, licences, education_events, drafting_courses, town_posts, case_reviews,
    case_review_defects to huoyan_scheduler, huoyan_api;
grant insert, update, delete on inspection_staffing to huoyan_scheduler, huoyan_api;
grant insert on licences, education_events, drafting_courses, town_posts, case_reviews, case_review_defects
    to huoyan_api;
grant update (revoked_on) on licences to huoyan_api;
grant update (to_day) on town_posts to huoyan_api;
