-- name: waiting
-- Results that are not public yet, the oldest first.
select p.inspection_id, i.inspection_no, i.unit_id, u.unit_no, u.name as unit_name, a.name_zh as area_zh, a.name_en as area_en,
       i.kind, i.inspected_on, i.result, k.due_at as publish_by,
       coalesce(p.published_at is null and p.withheld_why is null and k.due_at < %(now)s, false) as late, p.decided_at,
       p.decided_by, p.withheld_why, p.published_at, p.published_by, p.place, p.told_at, p.told_how
from result_publications p join inspections i using (inspection_id) join units u using (unit_id) join areas a using (area_code)
left join clocks k on k.rule = 'deadlines.result_published' and k.ref = i.inspection_no
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and p.published_at is null and p.withheld_why is null
order by p.queued_at, p.inspection_id limit %(limit)s offset %(offset)s;

-- name: late
-- Results that should be public and are not.
select p.inspection_id, i.inspection_no, i.unit_id, u.unit_no, u.name as unit_name, a.name_zh as area_zh, a.name_en as area_en,
       i.kind, i.inspected_on, i.result, k.due_at as publish_by,
       coalesce(p.published_at is null and p.withheld_why is null and k.due_at < %(now)s, false) as late, p.decided_at,
       p.decided_by, p.withheld_why, p.published_at, p.published_by, p.place, p.told_at, p.told_how
from result_publications p join inspections i using (inspection_id) join units u using (unit_id) join areas a using (area_code)
left join clocks k on k.rule = 'deadlines.result_published' and k.ref = i.inspection_no
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and p.published_at is null and p.withheld_why is null and k.due_at < %(now)s
order by p.queued_at, p.inspection_id limit %(limit)s offset %(offset)s;

-- name: untold
-- Public results whose unit was not told.
select p.inspection_id, i.inspection_no, i.unit_id, u.unit_no, u.name as unit_name, a.name_zh as area_zh, a.name_en as area_en,
       i.kind, i.inspected_on, i.result, k.due_at as publish_by,
       coalesce(p.published_at is null and p.withheld_why is null and k.due_at < %(now)s, false) as late, p.decided_at,
       p.decided_by, p.withheld_why, p.published_at, p.published_by, p.place, p.told_at, p.told_how
from result_publications p join inspections i using (inspection_id) join units u using (unit_id) join areas a using (area_code)
left join clocks k on k.rule = 'deadlines.result_published' and k.ref = i.inspection_no
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and p.published_at is not null and p.told_at is null
order by p.queued_at desc, p.inspection_id desc limit %(limit)s offset %(offset)s;

-- name: published
-- Public results, newest first.
select p.inspection_id, i.inspection_no, i.unit_id, u.unit_no, u.name as unit_name, a.name_zh as area_zh, a.name_en as area_en,
       i.kind, i.inspected_on, i.result, k.due_at as publish_by,
       coalesce(p.published_at is null and p.withheld_why is null and k.due_at < %(now)s, false) as late, p.decided_at,
       p.decided_by, p.withheld_why, p.published_at, p.published_by, p.place, p.told_at, p.told_how
from result_publications p join inspections i using (inspection_id) join units u using (unit_id) join areas a using (area_code)
left join clocks k on k.rule = 'deadlines.result_published' and k.ref = i.inspection_no
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and p.published_at is not null
order by p.queued_at desc, p.inspection_id desc limit %(limit)s offset %(offset)s;

-- name: withheld
-- Results that are kept back, newest first.
select p.inspection_id, i.inspection_no, i.unit_id, u.unit_no, u.name as unit_name, a.name_zh as area_zh, a.name_en as area_en,
       i.kind, i.inspected_on, i.result, k.due_at as publish_by,
       coalesce(p.published_at is null and p.withheld_why is null and k.due_at < %(now)s, false) as late, p.decided_at,
       p.decided_by, p.withheld_why, p.published_at, p.published_by, p.place, p.told_at, p.told_how
from result_publications p join inspections i using (inspection_id) join units u using (unit_id) join areas a using (area_code)
left join clocks k on k.rule = 'deadlines.result_published' and k.ref = i.inspection_no
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and p.withheld_why is not null
order by p.queued_at desc, p.inspection_id desc limit %(limit)s offset %(offset)s;

-- name: one
-- One result of the queue.
select p.inspection_id, i.inspection_no, i.unit_id, u.unit_no, u.name as unit_name, a.name_zh as area_zh, a.name_en as area_en,
       i.kind, i.inspected_on, i.result, k.due_at as publish_by,
       coalesce(p.published_at is null and p.withheld_why is null and k.due_at < %(now)s, false) as late, p.decided_at,
       p.decided_by, p.withheld_why, p.published_at, p.published_by, p.place, p.told_at, p.told_how
from result_publications p join inspections i using (inspection_id) join units u using (unit_id) join areas a using (area_code)
left join clocks k on k.rule = 'deadlines.result_published' and k.ref = i.inspection_no
where (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
  and i.inspection_no = %(number)s;
