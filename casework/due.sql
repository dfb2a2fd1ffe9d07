-- name: running
-- Clocks that run, late ones first.
select c.clock_id, c.rule, c.noun, c.ref, c.unit_id, u.unit_no, u.name as unit_name, c.area_code, a.name_zh as area_zh,
       a.name_en as area_en, c.body, c.started_at, c.due_at, c.done_at, c.dropped_at, c.dropped_why,
       case when c.due_at < %(now)s then 'late' when c.soon_at <= %(now)s then 'due_soon' else 'running' end as state,
       c.due_at as sorted_at
from clocks c left join units u using (unit_id) join areas a on a.area_code = c.area_code
where c.done_at is null and c.dropped_at is null
  and (%(areas)s::text[] is null or c.area_code = any(%(areas)s::text[]))
  and (%(body)s::text is null or c.body = %(body)s) and (%(noun)s::text is null or c.noun = %(noun)s)
  and (%(rule)s::text is null or c.rule = %(rule)s) and (%(unit)s::bigint is null or c.unit_id = %(unit)s)
  and (%(state)s <> 'late' or c.due_at < %(now)s)
  and (%(state)s not in ('due_soon', 'running') or c.due_at >= %(now)s)
  and (%(state)s <> 'due_soon' or c.soon_at <= %(now)s) and (%(state)s <> 'running' or c.soon_at > %(now)s)
  and (%(at)s::timestamptz is null or (c.due_at, c.clock_id) > (%(at)s::timestamptz, %(id)s::bigint))
order by c.due_at, c.clock_id limit %(limit)s;

-- name: done_in_time
-- Clocks that ended in time, newest first.
select c.clock_id, c.rule, c.noun, c.ref, c.unit_id, u.unit_no, u.name as unit_name, c.area_code, a.name_zh as area_zh,
       a.name_en as area_en, c.body, c.started_at, c.due_at, c.done_at, c.dropped_at, c.dropped_why,
       'done_in_time' as state, coalesce(c.done_at, c.dropped_at) as sorted_at
from clocks c left join units u using (unit_id) join areas a on a.area_code = c.area_code
where c.done_at <= c.due_at
  and (%(areas)s::text[] is null or c.area_code = any(%(areas)s::text[]))
  and (%(body)s::text is null or c.body = %(body)s) and (%(noun)s::text is null or c.noun = %(noun)s)
  and (%(rule)s::text is null or c.rule = %(rule)s) and (%(unit)s::bigint is null or c.unit_id = %(unit)s)
  and (%(at)s::timestamptz is null or (coalesce(c.done_at, c.dropped_at), c.clock_id) < (%(at)s::timestamptz, %(id)s::bigint))
order by coalesce(c.done_at, c.dropped_at) desc, c.clock_id desc limit %(limit)s;

-- name: done_late
-- Clocks that ended late, newest first.
select c.clock_id, c.rule, c.noun, c.ref, c.unit_id, u.unit_no, u.name as unit_name, c.area_code, a.name_zh as area_zh,
       a.name_en as area_en, c.body, c.started_at, c.due_at, c.done_at, c.dropped_at, c.dropped_why,
       'done_late' as state, coalesce(c.done_at, c.dropped_at) as sorted_at
from clocks c left join units u using (unit_id) join areas a on a.area_code = c.area_code
where c.done_at > c.due_at
  and (%(areas)s::text[] is null or c.area_code = any(%(areas)s::text[]))
  and (%(body)s::text is null or c.body = %(body)s) and (%(noun)s::text is null or c.noun = %(noun)s)
  and (%(rule)s::text is null or c.rule = %(rule)s) and (%(unit)s::bigint is null or c.unit_id = %(unit)s)
  and (%(at)s::timestamptz is null or (coalesce(c.done_at, c.dropped_at), c.clock_id) < (%(at)s::timestamptz, %(id)s::bigint))
order by coalesce(c.done_at, c.dropped_at) desc, c.clock_id desc limit %(limit)s;

-- name: dropped
-- Clocks whose reason has gone, newest first.
select c.clock_id, c.rule, c.noun, c.ref, c.unit_id, u.unit_no, u.name as unit_name, c.area_code, a.name_zh as area_zh,
       a.name_en as area_en, c.body, c.started_at, c.due_at, c.done_at, c.dropped_at, c.dropped_why,
       'dropped' as state, coalesce(c.done_at, c.dropped_at) as sorted_at
from clocks c left join units u using (unit_id) join areas a on a.area_code = c.area_code
where c.dropped_at is not null
  and (%(areas)s::text[] is null or c.area_code = any(%(areas)s::text[]))
  and (%(body)s::text is null or c.body = %(body)s) and (%(noun)s::text is null or c.noun = %(noun)s)
  and (%(rule)s::text is null or c.rule = %(rule)s) and (%(unit)s::bigint is null or c.unit_id = %(unit)s)
  and (%(at)s::timestamptz is null or (coalesce(c.done_at, c.dropped_at), c.clock_id) < (%(at)s::timestamptz, %(id)s::bigint))
order by coalesce(c.done_at, c.dropped_at) desc, c.clock_id desc limit %(limit)s;

-- name: all
-- Clocks that run or ran, the newest first.
select c.clock_id, c.rule, c.noun, c.ref, c.unit_id, u.unit_no, u.name as unit_name, c.area_code, a.name_zh as area_zh,
       a.name_en as area_en, c.body, c.started_at, c.due_at, c.done_at, c.dropped_at, c.dropped_why,
       case when c.dropped_at is not null then 'dropped' when c.done_at <= c.due_at then 'done_in_time'
            when c.done_at is not null then 'done_late' when c.due_at < %(now)s then 'late'
            when c.soon_at <= %(now)s then 'due_soon' else 'running' end as state,
       c.started_at as sorted_at
from clocks c left join units u using (unit_id) join areas a on a.area_code = c.area_code
where (%(areas)s::text[] is null or c.area_code = any(%(areas)s::text[]))
  and (%(body)s::text is null or c.body = %(body)s) and (%(noun)s::text is null or c.noun = %(noun)s)
  and (%(rule)s::text is null or c.rule = %(rule)s) and (%(unit)s::bigint is null or c.unit_id = %(unit)s)
  and (%(id)s::bigint is null or c.clock_id < %(id)s::bigint)
order by c.clock_id desc limit %(limit)s;

-- name: counts
-- Clocks by body and state: all that run, and those that ended since a moment.
select body, state, count(*) as clocks from (
    select c.body, case when c.due_at < %(now)s then 'late' when c.soon_at <= %(now)s then 'due_soon'
                        else 'running' end as state
    from clocks c where c.done_at is null and c.dropped_at is null
      and (%(areas)s::text[] is null or c.area_code = any(%(areas)s::text[]))
    union all
    select c.body, case when c.done_at <= c.due_at then 'done_in_time' else 'done_late' end
    from clocks c where c.done_at >= %(since)s and (%(areas)s::text[] is null or c.area_code = any(%(areas)s::text[]))
) found group by body, state order by body, state;

-- name: rules
-- Rules of clocks, one step of the index for each.
with recursive known as (
    (select rule from clocks order by rule limit 1)
    union all
    select (select c.rule from clocks c where c.rule > k.rule order by c.rule limit 1) from known k where k.rule is not null
)
select rule from known where rule is not null;
