-- name: existing
-- The draw of a day, if there is one.
select draw_id, draw_no, draw_date, sequence, status, commitment, previous, frozen_at, record_hash
from draws where draw_date = %s and kind = 'daily';

-- name: latest
-- The newest record of the chain, and the day that the daily draws have reached; list draws stand between them.
select d.draw_no, d.sequence, d.commitment, d.record_hash, (select max(draw_date) from draws where kind = 'daily') as reached
from draws d order by d.sequence desc limit 1;

-- name: scores_as_of
-- The latest day with scores that is not after the draw's.
select max(as_of) as as_of from score_runs where as_of <= %s;

-- name: officers
-- Active officers with what the day leaves of their load; a list's visit to an object that is no unit of ours counts too.
-- A town's officers may inspect on no day without an agreement that gives their town the power: the day leaves them nothing.
with elsewhere as (
    select one.officer_no, count(*) as visits
    from list_visits v join list_teams t using (draw_id, position)
    cross join lateral (values (t.lead), (t.second)) as one (officer_no)
    where t.department = 'fire' and v.inspection_id is null and v.planned_on = %(day)s
      and not exists (select from draws r join list_visits n on n.draw_id = r.draw_id
                      where r.of_draw = v.draw_id and n.stands_for = v.object_no)
    group by one.officer_no
)
select o.officer_no, o.body, o.area_codes, o.can_lead,
       coalesce(o.certificate_no <> '' and o.certificate_from <= %(day)s
                and coalesce(o.certificate_to, %(day)s) >= %(day)s, false) as certificate_valid,
       case when exists (select from officer_leave l where l.officer_no = o.officer_no
                         and %(day)s between l.from_day and l.to_day) then 0
            when o.body = 'town' and not exists (
                select from agreements a where a.town_code = any(o.area_codes) and 'inspect' = any(a.powers)
                  and a.from_day <= %(day)s and coalesce(a.to_day, %(day)s) >= %(day)s
                  and (a.ended_on is null or a.ended_on > %(day)s)) then 0
            else greatest(0, o.daily_visits - (select count(*) from inspection_officers io join inspections i using (inspection_id)
                                               where io.officer_no = o.officer_no and i.status = 'planned'
                                                 and i.planned_on = %(day)s)
                            - coalesce((select e.visits from elsewhere e where e.officer_no = o.officer_no), 0))
       end::int as load
from officers o where o.status = 'active';

-- name: areas
-- The tree of areas.
select area_code, parent_code from areas;

-- name: recusals
-- Officers who may not visit a unit.
select r.officer_no, u.unit_no from officer_recusals r join units u using (unit_id) join officers o using (officer_no)
where u.status = 'active' and o.status = 'active';

-- name: insert_draw
-- A frozen draw; the database refuses a second one of the same day.
insert into draws (draw_no, draw_date, sequence, status, policy_version, frame, commitment, previous, frozen_at)
values (%(draw_no)s, %(day)s, %(sequence)s, 'frozen', %(policy_version)s, %(frame)s, %(commitment)s, %(previous)s,
        %(frozen_at)s)
returning draw_id;

