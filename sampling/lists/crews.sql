-- name: own
-- Our active officers with what each day leaves of their load. Visits to objects that are no units of ours count as any
-- other; visits that are being replaced, or have been, don't. A town's officers have room on days of its agreement alone.
with elsewhere as (
    select one.officer_no, v.planned_on, count(*) as visits
    from list_visits v join list_teams t using (draw_id, position)
    cross join lateral (values (t.lead), (t.second)) as one (officer_no)
    where t.department = 'fire' and v.inspection_id is null and v.planned_on = any(%(days)s)
      and not (v.draw_id is not distinct from %(draw)s and v.object_no = any(%(objects)s))
      and not exists (select from draws r join list_visits n on n.draw_id = r.draw_id
                      where r.of_draw = v.draw_id and n.stands_for = v.object_no)
    group by one.officer_no, v.planned_on
)
select o.officer_no, o.body, o.area_codes, o.can_lead,
       coalesce(o.certificate_no <> '' and o.certificate_from <= %(first)s
                and coalesce(o.certificate_to, %(last)s) >= %(last)s, false) as certificate_valid,
       array(select case when exists (select from officer_leave l where l.officer_no = o.officer_no
                                      and day between l.from_day and l.to_day) then 0
                    when o.body = 'town' and not exists (
                        select from agreements a where a.town_code = any(o.area_codes) and 'inspect' = any(a.powers)
                          and a.from_day <= day and coalesce(a.to_day, day) >= day
                          and (a.ended_on is null or a.ended_on > day)) then 0
                    else greatest(0, o.daily_visits - (
                        select count(*) from inspection_officers io join inspections i using (inspection_id)
                        where io.officer_no = o.officer_no and i.status = 'planned' and i.planned_on = day
                          and i.inspection_id <> all(%(inspections)s))
                        - coalesce((select e.visits from elsewhere e
                                    where e.officer_no = o.officer_no and e.planned_on = day), 0))::int end
             from unnest(%(days)s::date[]) with ordinality as d (day, n) order by n) as loads
from officers o where o.status = 'active';

-- name: others
-- The active officers of another department with what each day leaves of their load; visits that are being replaced, or
-- have been, don't count.
with given as (
    select one.officer_no, v.planned_on, count(*) as visits
    from list_visits v join list_teams t using (draw_id, position)
    cross join lateral (values (t.lead), (t.second)) as one (officer_no)
    where t.department = %(department)s and v.planned_on = any(%(days)s)
      and not (v.draw_id is not distinct from %(draw)s and v.object_no = any(%(objects)s))
      and not exists (select from draws r join list_visits n on n.draw_id = r.draw_id
                      where r.of_draw = v.draw_id and n.stands_for = v.object_no)
    group by one.officer_no, v.planned_on
)
select o.officer_no, null as body, o.area_codes, o.can_lead,
       coalesce(o.certificate_to, %(last)s) >= %(last)s as certificate_valid,
       array(select greatest(0, o.daily_visits - coalesce((select g.visits from given g
                                                           where g.officer_no = o.officer_no and g.planned_on = day), 0))::int
             from unnest(%(days)s::date[]) with ordinality as d (day, n) order by n) as loads
from joint_officers o where o.department = %(department)s and o.active;
