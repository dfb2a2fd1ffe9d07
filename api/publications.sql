-- name: waiting
-- Results that are not public yet, the oldest first.
select p.inspection_id, p.queued_at from result_publications p
where p.published_at is null and p.withheld_why is null
  and (%(areas)s::text[] is null or (select u.area_code from inspections v join units u using (unit_id)
                                     where v.inspection_id = p.inspection_id) = any(%(areas)s::text[]))
  and (p.queued_at, p.inspection_id) > (coalesce(%(at)s::timestamptz, '-infinity'), coalesce(%(id)s::bigint, 0))
order by p.queued_at, p.inspection_id limit %(limit)s;

-- name: late
-- Results that should be public and are not, by the clocks that have run out.
select p.inspection_id, c.due_at as publish_by, c.clock_id
from clocks c cross join lateral (
    select r.inspection_id from inspections i join result_publications r using (inspection_id)
    where i.inspection_no = c.ref and r.published_at is null and r.withheld_why is null offset 0) p
where c.rule = 'deadlines.result_published' and c.done_at is null and c.dropped_at is null and c.due_at < %(now)s
  and (%(areas)s::text[] is null
       or (select u.area_code from units u where u.unit_id = c.unit_id) = any(%(areas)s::text[]))
  and (c.due_at, c.clock_id) > (coalesce(%(at)s::timestamptz, '-infinity'), coalesce(%(id)s::bigint, 0))
order by c.due_at, c.clock_id limit %(limit)s;

-- name: untold
-- Public results whose unit was not told.
select p.inspection_id, p.queued_at from result_publications p
where p.published_at is not null and p.told_at is null
  and (%(areas)s::text[] is null or (select u.area_code from inspections v join units u using (unit_id)
                                     where v.inspection_id = p.inspection_id) = any(%(areas)s::text[]))
  and (p.queued_at, p.inspection_id)
      < (coalesce(%(at)s::timestamptz, 'infinity'), coalesce(%(id)s::bigint, 9223372036854775807))
order by p.queued_at desc, p.inspection_id desc limit %(limit)s;

-- name: published
-- Public results, newest first.
select p.inspection_id, p.queued_at from result_publications p
where p.published_at is not null
  and (%(areas)s::text[] is null or (select u.area_code from inspections v join units u using (unit_id)
                                     where v.inspection_id = p.inspection_id) = any(%(areas)s::text[]))
  and (p.queued_at, p.inspection_id)
      < (coalesce(%(at)s::timestamptz, 'infinity'), coalesce(%(id)s::bigint, 9223372036854775807))
order by p.queued_at desc, p.inspection_id desc limit %(limit)s;

-- name: withheld
-- Results that are kept back, newest first.
select p.inspection_id, p.queued_at from result_publications p
where p.withheld_why is not null
  and (%(areas)s::text[] is null or (select u.area_code from inspections v join units u using (unit_id)
                                     where v.inspection_id = p.inspection_id) = any(%(areas)s::text[]))
  and (p.queued_at, p.inspection_id)
      < (coalesce(%(at)s::timestamptz, 'infinity'), coalesce(%(id)s::bigint, 9223372036854775807))
order by p.queued_at desc, p.inspection_id desc limit %(limit)s;

-- name: one
-- One result of the queue.
select p.inspection_id
from result_publications p join inspections i using (inspection_id) join units u using (unit_id)
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and i.inspection_no = %(number)s;

-- name: rows
-- Results of the queue as lists and pages show them, in the order in which they are named.
select p.inspection_id, i.inspection_no, i.unit_id, u.unit_no, u.name as unit_name, a.name_zh as area_zh, a.name_en as area_en,
       i.kind, i.inspected_on, i.result, k.due_at as publish_by,
       coalesce(p.published_at is null and p.withheld_why is null and k.due_at < %(now)s, false) as late, p.decided_at,
       p.decided_by, p.withheld_why, p.published_at, p.published_by, p.place, p.told_at, p.told_how
from unnest(%(ids)s::bigint[]) with ordinality as picked (inspection_id, place)
join result_publications p using (inspection_id) join inspections i using (inspection_id)
join units u using (unit_id) join areas a using (area_code)
left join clocks k on k.rule = 'deadlines.result_published' and k.ref = i.inspection_no
order by picked.place;
