-- name: draws
-- Draws of a period that expected a visit, and how many.
select d.draw_id, d.draw_date, sum(f.p_total order by f.unit_id) as expected
from draws d join draw_units f using (draw_id)
where d.status = 'drawn' and d.draw_date between %(first)s and %(last)s
group by d.draw_id, d.draw_date having sum(f.p_total) > 0
order by d.draw_date;

-- name: by_hash
-- Join by hashing until the transaction ends, or as before: right after a month was drawn or a history imported nothing is
-- known yet of the tables' sizes, and loops over a year of frames would take hours.
select set_config('enable_nestloop', %(loops)s, true);

-- name: population
-- Of an average day of the draws (each weighing its share), by area, kind and group of units: those that could be drawn,
-- those left out of which a visit of late has told, what it found there, and those left out of which nothing is known.
-- Who is left out for a visit that has no result counts with those that could be drawn: nothing else tells of them.
with days as (
    select * from unnest(%(draws)s::bigint[], %(days)s::date[], %(shares)s::float8[]) as d (draw_id, draw_date, share)
), told as (
    select i.unit_id, i.inspection_id, i.inspected_on, i.result <> 'closed' as has_result,
           lead(i.inspected_on, 1, 'infinity') over (partition by i.unit_id order by i.inspected_on, i.inspection_id) as until
    from inspections i
    where i.status = 'done' and i.kind = any(%(kinds)s) and i.inspected_on <= %(last)s
), left_out as (
    select f.unit_id, d.share, d.draw_date, t.inspection_id
    from draw_units f
    join days d using (draw_id)
    join told t on t.unit_id = f.unit_id and t.inspected_on < d.draw_date and t.until >= d.draw_date and t.has_result
    where f.p_total = 0 and split_part(f.excluded, ' ', 1) in ('cap', 'recent')
), informed as (
    select o.unit_id, sum(o.share) as share,
           sum(o.share) filter (where h.substantive > 0) as substantive, sum(o.share) filter (where h.hazards > 0) as anything,
           sum(o.share * h.hazards) as hazards,
           sum(o.share * (select count(*) from hazards x where x.inspection_id = o.inspection_id
                          and (x.corrected_on is null or x.corrected_on > o.draw_date))) filter (where h.hazards > 0) as still_open
    from left_out o
    left join lateral (
        select count(*) as hazards, count(*) filter (where severity in ('critical', 'serious')) as substantive
        from hazards x where x.inspection_id = o.inspection_id
    ) h on true
    group by o.unit_id
), everyone as (
    select f.unit_id, sum(d.share) as share,
           coalesce(sum(d.share) filter (where f.p_total = 0 and split_part(f.excluded, ' ', 1) in ('no_officers', 'capacity')), 0) as outside
    from draw_units f join days d using (draw_id)
    group by f.unit_id
)
select u.area_code, u.kind, u.is_key, u.is_crowded, sum(e.share - e.outside - coalesce(i.share, 0)) as drawable,
       sum(e.outside) as outside, coalesce(sum(i.share), 0) as known, coalesce(sum(i.substantive), 0) as substantive,
       coalesce(sum(i.anything), 0) as anything, coalesce(sum(i.hazards), 0) as hazards,
       coalesce(sum(i.still_open), 0) as still_open
from everyone e
join units u using (unit_id)
left join informed i using (unit_id)
group by u.area_code, u.kind, u.is_key, u.is_crowded
order by u.area_code, u.kind, u.is_key, u.is_crowded;

-- name: visits
-- Visits of the draws with what became of them and what they found.
select v.draw_id, u.area_code, u.kind, u.is_key, u.is_crowded, v.probability, i.status, i.result,
       h.hazards, h.substantive
from draw_visits v
join units u using (unit_id)
left join inspections i using (inspection_id)
cross join lateral (
    select count(*) as hazards, count(*) filter (where x.severity in ('critical', 'serious')) as substantive
    from hazards x where x.inspection_id = v.inspection_id
) h
where v.draw_id = any(%(draws)s::bigint[])
order by v.draw_id, v.position;

-- name: areas
-- The tree of areas with names.
select area_code, parent_code, name_zh, name_en from areas order by area_code;
