-- name: one_moment
-- All that follows sees one state: a run that is forced in between would give its rows the headings of another.
set transaction isolation level repeatable read;

-- name: latest_run
-- The newest scores that are not of a day to come.
select as_of, model, means, headings from score_runs where as_of <= %(day)s order by as_of desc limit 1;

-- name: counts
-- How many units fit the filter, in all and by class (the class filter itself left out), and how many have no score.
with recursive chosen as (
    select area_code from areas where area_code = %(area)s
    union
    select child.area_code from areas child join chosen on child.parent_code = chosen.area_code
)
select count(*) as total, count(*) filter (where s.unit_id is null) as unscored,
       count(*) filter (where s.risk_class = 'A') as a, count(*) filter (where s.risk_class = 'B') as b,
       count(*) filter (where s.risk_class = 'C') as c, count(*) filter (where s.risk_class = 'D') as d
from units u left join scores s on s.unit_id = u.unit_id and s.as_of = %(as_of)s::date
where u.status = 'active'
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(area)s::text is null or u.area_code in (select area_code from chosen))
  and (%(kind)s::text is null or u.kind = %(kind)s)
  and (%(key)s::boolean is null or u.is_key = %(key)s)
  and (%(crowded)s::boolean is null or u.is_crowded = %(crowded)s)
  and (%(text)s::text is null or u.unit_id = any(%(units)s::bigint[])
       or (%(units)s::bigint[] is null and (u.name collate "C" ilike %(text)s or u.unit_no collate "C" ilike %(text)s
                                            or u.uscc collate "C" ilike %(text)s)))
  and (%(direct)s::boolean is null or (coalesce(cardinality(s.direct), 0) > 0) = %(direct)s);

-- name: scored
-- One page by rank. The rows are picked along the index of ranks; reasons are fetched for the rows of the page alone.
with recursive chosen as (
    select area_code from areas where area_code = %(area)s
    union
    select child.area_code from areas child join chosen on child.parent_code = chosen.area_code
), picked as (
    select s.unit_id, s.rank
    from scores s join units u using (unit_id)
    where s.as_of = %(as_of)s::date
      and (%(risk_class)s::text is null or s.risk_class = %(risk_class)s)
      and (%(direct)s::boolean is null or (cardinality(s.direct) > 0) = %(direct)s)
      and u.status = 'active'
      and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
      and (%(area)s::text is null or u.area_code in (select area_code from chosen))
      and (%(kind)s::text is null or u.kind = %(kind)s)
      and (%(key)s::boolean is null or u.is_key = %(key)s)
      and (%(crowded)s::boolean is null or u.is_crowded = %(crowded)s)
      and (%(text)s::text is null or u.unit_id = any(%(units)s::bigint[])
           or (%(units)s::bigint[] is null and (u.name collate "C" ilike %(text)s or u.unit_no collate "C" ilike %(text)s
                                                or u.uscc collate "C" ilike %(text)s)))
      and s.rank > coalesce(%(rank)s::bigint, 0)
    order by s.rank limit %(limit)s
)
select u.unit_id, u.unit_no, u.name, u.kind, u.area_code, a.name_zh as area_zh, a.name_en as area_en, u.is_key,
       u.is_crowded, u.is_high_hazard, s.rank, s.score, s.risk_class, s.direct, s.contributions, s.points,
       s.values, s.noncompliance, s.ignition, s.consequence, s.probability,
       case when o.override_id is not null then jsonb_build_object(
           'override_id', o.override_id, 'direction', o.direction, 'classes', o.classes, 'class_before', s.class_before,
           'reason_code', o.reason_code, 'reason', o.reason, 'made_by', o.made_by,
           'until_day', least(o.until_day, w.from_day - 1)) end as override
from picked
join units u using (unit_id)
join areas a using (area_code)
join scores s on s.unit_id = picked.unit_id and s.as_of = %(as_of)s::date
left join overrides o on o.override_id = s.override_id
left join override_withdrawals w on w.override_id = s.override_id
order by s.rank;

-- name: unscored
-- Units that have no score yet; they stand after those that have.
with recursive chosen as (
    select area_code from areas where area_code = %(area)s
    union
    select child.area_code from areas child join chosen on child.parent_code = chosen.area_code
)
select u.unit_id, u.unit_no, u.name, u.kind, u.area_code, a.name_zh as area_zh, a.name_en as area_en, u.is_key,
       u.is_crowded, u.is_high_hazard, null::integer as rank, null::float8 as score, null::text as risk_class,
       '{}'::text[] as direct, null::jsonb as contributions, null::real[] as points, null::real[] as "values",
       null::float8 as noncompliance, null::float8 as ignition, null::float8 as consequence,
       null::float8 as probability, null::jsonb as override
from units u join areas a using (area_code)
where not exists (select from scores s where s.unit_id = u.unit_id and s.as_of = %(as_of)s::date)
  and u.status = 'active'
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and (%(area)s::text is null or u.area_code in (select area_code from chosen))
  and (%(kind)s::text is null or u.kind = %(kind)s)
  and (%(key)s::boolean is null or u.is_key = %(key)s)
  and (%(crowded)s::boolean is null or u.is_crowded = %(crowded)s)
  and (%(text)s::text is null or u.unit_id = any(%(units)s::bigint[])
       or (%(units)s::bigint[] is null and (u.name collate "C" ilike %(text)s or u.unit_no collate "C" ilike %(text)s
                                            or u.uscc collate "C" ilike %(text)s)))
  and u.unit_id > coalesce(%(unit)s::bigint, 0)
order by u.unit_id limit %(limit)s;
