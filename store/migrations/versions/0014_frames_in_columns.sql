-- A city of a million units freezes a million rows a day: the frame holds them in columns, and these tables what pages and
-- estimates ask for: how many by area, stratum and reason, and the probabilities of the units that were drawn.

create table draw_groups (
    draw_id    bigint not null references draws,
    area_code  text not null,
    stratum    text not null,
    reason     text not null default '',
    units      integer not null check (units > 0),
    expected   double precision not null default 0,
    least      double precision not null default 0,
    most       double precision not null default 0,
    primary key (draw_id, area_code, stratum, reason)
);
comment on table draw_groups is 'append-only: units of a frame by area, desk and turn, and reason left out (empty: could be drawn)';
comment on column draw_groups.expected is 'sum of the probabilities of being drawn by any arm; least and most: the smallest and the largest';

alter table draw_visits
    add column p_duty double precision not null default 0,
    add column p_random double precision not null default 0,
    add column p_targeted double precision not null default 0;

-- What stands of past draws is carried over: who may have a bundle hangs on the areas of its units, and the lift of the
-- model on the probabilities of past visits.
insert into draw_groups (draw_id, area_code, stratum, reason, units, expected, least, most)
select f.draw_id, u.area_code, f.stratum, coalesce(split_part(f.excluded, ' ', 1), ''), count(*),
       sum(f.p_total order by f.unit_id), min(f.p_total), max(f.p_total)
from draw_units f join units u using (unit_id)
group by 1, 2, 3, 4;
alter table draw_visits disable trigger draw_visits_append_only;
update draw_visits v set p_duty = f.p_duty, p_random = f.p_random, p_targeted = f.p_targeted
from draw_units f where f.draw_id = v.draw_id and f.unit_id = v.unit_id;
alter table draw_visits enable trigger draw_visits_append_only;
drop table draw_units;

comment on column draw_visits.probability is 'of being drawn by any arm; p_duty, p_random, p_targeted: by each';
comment on column draws.bundle is 'the bundle without its frame, which stands beside it';

create or replace function draw_rows_are_whole() returns trigger language plpgsql as $$
declare closed text;
begin
    select d.draw_no into closed from draws d
    where d.draw_id in (select draw_id from added)
      and (d.status = 'drawn' or tg_table_name = 'draw_groups' and
           (select count(*) from draw_groups u where u.draw_id = d.draw_id) >
           (select count(*) from added a where a.draw_id = d.draw_id));
    if closed is not null then
        raise exception 'draw % is final: nothing can be added to it', closed using errcode = 'restrict_violation';
    end if;
    return null;
end $$;
create trigger draw_groups_append_only before update or delete or truncate on draw_groups
    for each statement execute function refuse_change();
create trigger draw_groups_whole after insert on draw_groups referencing new table as added
    for each statement execute function draw_rows_are_whole();

-- Columns repeat themselves: lz4 packs them several times faster than the default, where the server was built with it.
do $$
begin
    alter table draws alter column frame set compression lz4;
exception when feature_not_supported then null;
end $$;

grant select on draw_groups to huoyan_scheduler, huoyan_api;
grant insert on draw_groups to huoyan_scheduler;
