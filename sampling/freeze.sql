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

-- name: units
-- Active units in the order of their numbers, each column in one piece: numbers one a line, the others as whole numbers of
-- four bytes. Class (raised where an event since the scores did so) and score (in hundredths) are -1 without a score, the days since the last counted visit -1 without one;
-- a planned visit counts while it is open.
with counted as (
    select i.unit_id,
           count(*) filter (where coalesce(i.inspected_on, i.planned_on) >= %(year_start)s) as visits,
           max(coalesce(i.inspected_on, i.planned_on)) as last,
           bool_or(i.status = 'planned') as planned
    from inspections i
    where i.kind = any(%(kinds)s)
      and ((i.status = 'done' and i.inspected_on < %(day)s)
        or (i.status = 'planned' and i.planned_on >= %(open_since)s and i.planned_on <= %(year_end)s))
    group by i.unit_id
), raised as (
    select unit_id, max(to_class) as to_class from class_raises
    where from_day <= %(day)s and (until_day >= %(day)s or from_day > %(as_of)s)
    group by unit_id
), places as (
    select area_code, (row_number() over (order by area_code collate "C") - 1)::int as place from areas
), held as (
    select u.unit_no, p.place as area,
           case when not u.is_key then 2 when u.is_crowded then 0 else 1 end as kind,
           coalesce(position(greatest(s.risk_class, r.to_class) in 'ABCD'), 0) - 1 as risk_class,
           coalesce(round(s.score::numeric * 100)::int, -1) as score, coalesce(c.visits, 0)::int as visits,
           case when c.last is null then -1 else greatest(0, %(day)s::date - c.last) end as ago, coalesce(c.planned, false)::int as planned
    from units u
    join places p using (area_code)
    left join scores s on s.unit_id = u.unit_id and s.as_of = %(as_of)s
    left join counted c on c.unit_id = u.unit_id
    left join raised r on r.unit_id = u.unit_id
    where u.status = 'active'
    order by u.unit_no collate "C"
)
select count(*)::int as units, string_agg(unit_no, E'\n') as unit_no, string_agg(int4send(area), '') as area,
       string_agg(int4send(kind), '') as kind, string_agg(int4send(risk_class), '') as risk_class,
       string_agg(int4send(score), '') as score, string_agg(int4send(visits), '') as visits,
       string_agg(int4send(ago), '') as ago, string_agg(int4send(planned), '') as planned
from held;

-- name: officers
-- Active officers with what the day leaves of their load.
select o.officer_no, o.body, o.area_codes, o.can_lead,
       coalesce(o.certificate_no <> '' and o.certificate_from <= %(day)s
                and coalesce(o.certificate_to, %(day)s) >= %(day)s, false) as certificate_valid,
       case when exists (select from officer_leave l where l.officer_no = o.officer_no
                         and %(day)s between l.from_day and l.to_day) then 0
            else greatest(0, o.daily_visits - (select count(*) from inspection_officers io join inspections i using (inspection_id)
                                               where io.officer_no = o.officer_no and i.status = 'planned'
                                                 and i.planned_on = %(day)s))
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

