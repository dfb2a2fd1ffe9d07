-- What makes the record of a large city quick to read: who made a visit stands on the visit itself.

-- who made a visit ----------------------------------------------------------------------------------------------------

alter table inspections
    add column staff integer check (staff > 0),
    add column staff_bodies integer check (staff_bodies > 0),
    add column staff_body text not null default 'brigade' check (staff_body in ('brigade', 'town', 'police_station'));
comment on column inspections.staff is
    'how many officers made the visit, null where none is on record; kept by triggers on its officers, so that an officer who '
    'changes body moves no past figure';
comment on column inspections.staff_bodies is 'of how many bodies they are';
comment on column inspections.staff_body is
    'whose visit it was: the brigade''s where one of its officers took part or none is on record, else the town''s, else the station''s';
alter table hazards add column staff_body text check (staff_body in ('brigade', 'town', 'police_station'));
alter table orders add column staff_body text check (staff_body in ('brigade', 'town', 'police_station'));
comment on column hazards.staff_body is 'that of the visit that found it, kept by triggers';
comment on column orders.staff_body is 'that of the visit at which it was made, kept by triggers';

drop trigger officers_came on inspection_officers;
drop trigger officers_left on inspection_officers;
drop index inspections_day;
drop index hazards_found_day;
drop index hazards_corrected_day;
drop index orders_served_day;
update inspections i set staff = s.officers, staff_bodies = s.bodies, staff_body = s.body
from inspection_staffing s where s.inspection_id = i.inspection_id;
update hazards h set staff_body = i.staff_body from inspections i where i.inspection_id = h.inspection_id;
update orders o set staff_body = i.staff_body from inspections i where i.inspection_id = o.inspection_id;
alter table hazards alter column staff_body set not null;
alter table orders alter column staff_body set not null;
drop table inspection_staffing;

create or replace function staffing_told() returns trigger language plpgsql as $$
begin
    with made as (
        select t.inspection_id, nullif(count(o.officer_no), 0) as staff, nullif(count(distinct o.body), 0) as bodies,
               case when bool_or(o.body = 'brigade') then 'brigade' when bool_or(o.body = 'town') then 'town'
                    when bool_or(o.body = 'police_station') then 'police_station' else 'brigade' end as body
        from (select distinct inspection_id from touched) t
        left join inspection_officers w using (inspection_id) left join officers o using (officer_no)
        group by t.inspection_id
    ), told as (
        update inspections i set staff = m.staff, staff_bodies = m.bodies, staff_body = m.body
        from made m
        where i.inspection_id = m.inspection_id
          and (i.staff, i.staff_bodies, i.staff_body) is distinct from (m.staff, m.bodies, m.body)
        returning i.inspection_id, i.staff_body
    ), found as (
        update hazards h set staff_body = t.staff_body from told t
        where h.inspection_id = t.inspection_id and h.staff_body <> t.staff_body
    )
    update orders o set staff_body = t.staff_body from told t
    where o.inspection_id = t.inspection_id and o.staff_body <> t.staff_body;
    return null;
end $$;
-- A load that writes visits together with who made them says so, and is not asked to write the visits again.
create trigger officers_came after insert on inspection_officers referencing new table as touched
    for each statement when (current_setting('huoyan.staff_told', true) is distinct from 'on')
    execute function staffing_told();
create trigger officers_left after delete on inspection_officers referencing old table as touched
    for each statement execute function staffing_told();

create function staff_of_visit() returns trigger language plpgsql as $$
begin
    new.staff_body := (select staff_body from inspections where inspection_id = new.inspection_id);
    return new;
end $$;
-- What comes in by many thousands says itself whose visit it was.
create trigger staff_of_visit before insert on hazards for each row when (new.staff_body is null)
    execute function staff_of_visit();
create trigger staff_of_visit before insert on orders for each row when (new.staff_body is null)
    execute function staff_of_visit();
grant update (staff_body) on hazards, orders to huoyan_scheduler;

-- what reports add up, from indexes alone --------------------------------------------------------------------------------

create index inspections_day on inspections (inspected_on) where status = 'done';
drop index inspections_listed;
-- Read by lists in its order, and by reports as the visits done of a period. An expression is read from an index alone only
-- where its columns stand in the index too.
create index inspections_listed on inspections (status, coalesce(inspected_on, planned_on) desc nulls last,
    inspection_id desc) include (inspected_on, planned_on, unit_id, kind, staff_body, staff, staff_bodies);
-- One index tells a number that stands and finds those that begin with a text: two of a million texts cost every import.
alter table inspections drop constraint inspections_inspection_no_key;
drop index inspections_number;
create unique index inspections_number on inspections (inspection_no text_pattern_ops);
create index hazards_found_day on hazards (found_on) include (unit_id, severity, corrected_on, staff_body);
create index hazards_corrected_day on hazards (corrected_on) include (unit_id, found_on, staff_body)
    where corrected_on is not null;
create index orders_served_day on orders (served_on) include (unit_id, kind, staff_body);
-- The condition is, to the letter, that of the rows behind the figure: else it would not be used.
create index inspections_joint on inspections (inspected_on)
    where status = 'done' and (case when kind = 'joint' or staff_bodies >= 2 then 1::bigint end) is not null;
