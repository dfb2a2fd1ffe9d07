-- name: latest
-- The newest record of the chain, whatever its kind.
select sequence, commitment, record_hash from draws order by sequence desc limit 1;

-- name: place
-- How many list draws of one letter a day has.
select count(*) as place from draws where draw_date = %(day)s and draw_no like %(letter)s;

-- name: waiting_days
-- Daily frames of these days that are frozen and not drawn: they count on officers whom a list would take.
select draw_no, draw_date from draws where kind = 'daily' and status = 'frozen' and draw_date = any(%(days)s)
order by draw_date;

-- name: insert_draw
-- A frozen list.
select freeze_list(%(draw_no)s, %(day)s, %(kind)s, %(title)s, %(sequence)s, %(policy_version)s, %(frame)s,
                   %(commitment)s, %(previous)s, %(frozen_at)s, %(of_draw)s, %(list_id)s) as draw_id;

-- name: scores_as_of
-- The latest day with scores that is not after the draw's.
select max(as_of) as as_of from score_runs where as_of <= %s;

-- name: units
-- Units of a list as the rules see them: class, counted visits, the latest of them, and whether one still waits.
with counted as (
    select i.unit_id,
           count(*) filter (where coalesce(i.inspected_on, i.planned_on) >= %(year_start)s) as visits,
           max(coalesce(i.inspected_on, i.planned_on)) as last, bool_or(i.status = 'planned') as planned
    from inspections i
    where i.unit_id = any(%(units)s) and i.kind = any(%(kinds)s)
      and ((i.status = 'done' and i.inspected_on <= %(day)s)
        or (i.status = 'planned' and i.planned_on >= %(open_since)s and i.planned_on <= %(year_end)s))
    group by i.unit_id
)
select u.unit_id, u.unit_no, u.name, u.area_code, u.is_key, u.status, s.risk_class, coalesce(c.visits, 0) as visits,
       case when c.last > %(day)s then %(day)s else c.last end as last, coalesce(c.planned, false) as planned
from units u
left join scores s on s.unit_id = u.unit_id and s.as_of = %(as_of)s
left join counted c on c.unit_id = u.unit_id
where u.unit_id = any(%(units)s);

-- name: unit_ids
-- Identifiers of units by number.
select unit_no, unit_id from units where unit_no = any(%s);

-- name: areas
-- The tree of areas.
select area_code, parent_code from areas;

-- name: recusals
-- Officers who may not visit these units.
select r.officer_no, u.unit_no from officer_recusals r join units u using (unit_id) join officers o using (officer_no)
where u.unit_no = any(%(units)s) and o.status = 'active';
