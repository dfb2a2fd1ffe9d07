-- name: orders
-- Clocks of open orders that have none; a period of days ends with the last moment of its last day.
insert into clocks (rule, noun, ref, unit_id, area_code, body, started_at, soon_at, due_at)
select r.rule, 'order', o.order_no, o.unit_id, u.area_code, coalesce((
           select officers.body from inspection_officers io join officers using (officer_no)
           where io.inspection_id = o.inspection_id order by io.role limit 1), 'brigade'), r.start,
       greatest(r.start, r.until - make_interval(secs => n.notice)), r.until
from orders o join units u using (unit_id)
cross join lateral (values
    ('deadlines.order_corrected', o.served_on::timestamp at time zone 'Asia/Shanghai',
     (o.correct_by + 1)::timestamp at time zone 'Asia/Shanghai' - interval '1 microsecond'),
    ('deadlines.recheck', least(o.correct_by + 1, o.recheck_by)::timestamp at time zone 'Asia/Shanghai',
     (o.recheck_by + 1)::timestamp at time zone 'Asia/Shanghai' - interval '1 microsecond')) as r (rule, start, until)
cross join lateral (
    select notice from unnest(%(lengths)s::float8[], %(notices)s::float8[]) with ordinality as n (length, notice, place)
    where n.length >= extract(epoch from r.until - r.start) or n.place = cardinality(%(lengths)s::float8[])
    order by n.place limit 1) n
where o.closed_on is null and r.until >= r.start and (%(numbers)s::text[] is null or o.order_no = any(%(numbers)s))
  and not exists (select from clocks c where c.rule = r.rule and c.ref = o.order_no)
on conflict (rule, ref) do nothing;

-- name: orders_ended
-- Clocks of orders that are closed; corrected by the re-inspection of its period is corrected in time.
update clocks c set done_at = case
    when c.rule = 'deadlines.order_corrected' and o.closed_on <= o.recheck_by
        then least(c.due_at, (o.closed_on + 1)::timestamp at time zone 'Asia/Shanghai')
    else least(greatest(c.due_at, (o.closed_on)::timestamp at time zone 'Asia/Shanghai'),
               (o.closed_on + 1)::timestamp at time zone 'Asia/Shanghai') end
from orders o
where c.noun = 'order' and c.rule in ('deadlines.order_corrected', 'deadlines.recheck') and c.done_at is null
  and c.dropped_at is null and o.order_no = c.ref and o.closed_on is not null
  and (%(numbers)s::text[] is null or c.ref = any(%(numbers)s));

-- name: complaint_check
-- Clocks of complaints that are not checked and have none.
insert into clocks (rule, noun, ref, unit_id, area_code, started_at, soon_at, due_at)
select 'deadlines.complaint_check', 'complaint', c.complaint_no, c.unit_id, u.area_code, c.received_at,
       greatest(c.received_at, c.check_by - make_interval(secs => n.notice)), c.check_by
from complaints c join units u using (unit_id)
cross join lateral (
    select notice from unnest(%(lengths)s::float8[], %(notices)s::float8[]) with ordinality as n (length, notice, place)
    where n.length >= extract(epoch from c.check_by - c.received_at) or n.place = cardinality(%(lengths)s::float8[])
    order by n.place limit 1) n
where c.checked_at is null and c.check_by >= c.received_at
  and (%(numbers)s::text[] is null or c.complaint_no = any(%(numbers)s))
  and not exists (select from clocks k where k.rule = 'deadlines.complaint_check' and k.ref = c.complaint_no)
on conflict (rule, ref) do nothing;

-- name: complaints_ended
-- Clocks of complaints that were checked, or whose complainant was told or can't be.
update clocks k set done_at = case when k.rule = 'deadlines.complaint_check' then c.checked_at else c.told_at end
from complaints c
where k.noun = 'complaint' and k.done_at is null and k.dropped_at is null and c.complaint_no = k.ref
  and (%(numbers)s::text[] is null or k.ref = any(%(numbers)s))
  and case k.rule when 'deadlines.complaint_check' then c.checked_at is not null
                  when 'deadlines.complaint_tell' then c.told_at is not null else false end;

-- name: seals
-- Clocks of seals that stand and have none.
insert into clocks (rule, noun, ref, unit_id, area_code, started_at, soon_at, due_at)
select 'deadlines.seal_longest', 'measure', m.measure_no, m.unit_id, m.area_code, m.began_at,
       greatest(m.began_at, r.until - make_interval(secs => n.notice)), r.until
from measures m
cross join lateral (select (m.until_on + 1)::timestamp at time zone 'Asia/Shanghai'
                    - interval '1 microsecond') as r (until)
cross join lateral (
    select notice from unnest(%(lengths)s::float8[], %(notices)s::float8[]) with ordinality as n (length, notice, place)
    where n.length >= extract(epoch from r.until - m.began_at) or n.place = cardinality(%(lengths)s::float8[])
    order by n.place limit 1) n
where m.kind = 'seal' and m.standing = 'standing'
  and not exists (select from clocks c where c.rule = 'deadlines.seal_longest' and c.ref = m.measure_no)
on conflict (rule, ref) do nothing;

-- name: complaint_tell
-- Clocks of complainants who were not told and can still be told in time, or whose complaint is not checked.
insert into clocks (rule, noun, ref, unit_id, area_code, started_at, soon_at, due_at)
select 'deadlines.complaint_tell', 'complaint', c.complaint_no, c.unit_id, u.area_code, c.received_at,
       greatest(c.received_at, d.until - make_interval(secs => n.notice)), d.until
from unnest(%(days)s::date[], %(ends)s::timestamptz[]) as d (day, until)
join complaints c on c.received_at >= d.day::timestamp at time zone 'Asia/Shanghai'
    and c.received_at < (d.day + 1)::timestamp at time zone 'Asia/Shanghai'
join units u using (unit_id)
cross join lateral (
    select notice from unnest(%(lengths)s::float8[], %(notices)s::float8[]) with ordinality as n (length, notice, place)
    where n.length >= extract(epoch from d.until - c.received_at) or n.place = cardinality(%(lengths)s::float8[])
    order by n.place limit 1) n
where c.told_at is null and c.untold_why is null and c.checked_at is null
  and not exists (select from clocks k where k.rule = 'deadlines.complaint_tell' and k.ref = c.complaint_no)
on conflict (rule, ref) do nothing;

-- name: queue
-- Results that can still be made public in time and are not in the queue.
insert into result_publications (inspection_id, queued_at)
select i.inspection_id, coalesce(i.ended_at, i.inspected_on::timestamp at time zone 'Asia/Shanghai')
from inspections i
where i.status = 'done' and i.inspected_on = any(%(days)s::date[]) and i.kind = any(%(kinds)s::text[])
on conflict do nothing;

-- name: results
-- Clocks of results in the queue that have none.
insert into clocks (rule, noun, ref, unit_id, area_code, started_at, soon_at, due_at)
select 'deadlines.result_published', 'inspection', i.inspection_no, i.unit_id, u.area_code, p.queued_at,
       greatest(p.queued_at, d.until - make_interval(secs => n.notice)), d.until
from result_publications p join inspections i using (inspection_id) join units u using (unit_id)
join unnest(%(days)s::date[], %(ends)s::timestamptz[]) as d (day, until) on d.day = i.inspected_on
cross join lateral (
    select notice from unnest(%(lengths)s::float8[], %(notices)s::float8[]) with ordinality as n (length, notice, place)
    where n.length >= extract(epoch from d.until - p.queued_at) or n.place = cardinality(%(lengths)s::float8[])
    order by n.place limit 1) n
where p.published_at is null and p.withheld_why is null and p.queued_at <= d.until
  and not exists (select from clocks k where k.rule = 'deadlines.result_published' and k.ref = i.inspection_no)
on conflict (rule, ref) do nothing;
