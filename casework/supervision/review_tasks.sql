-- name: candidates
-- Officers of the brigade in whose areas a case lies, who may act on a day and did not handle it.
with recursive above as (
    select a.area_code, a.parent_code from cases c join areas a using (area_code) where c.case_no = %(case)s
    union all
    select p.area_code, p.parent_code from areas p join above on p.area_code = above.parent_code
)
select o.officer_no from officers o
where o.body = 'brigade' and o.status = 'active' and o.certificate_no is not null
  and coalesce(o.certificate_from, '-infinity') <= %(day)s and coalesce(o.certificate_to, 'infinity') >= %(day)s
  and o.area_codes && array(select area_code from above)
  and not exists (select from cases c where c.case_no = %(case)s and o.officer_no = any(c.officers))
order by o.officer_no;

-- name: begin
-- A drawn case that waits for its review; one that waits already is left.
with new as (
    insert into review_tasks (month, case_no, reviewer, opened_at)
    values (%(month)s, %(case)s, %(reviewer)s, %(now)s) on conflict do nothing returning case_no
)
select c.area_code, c.unit_id from new join cases c using (case_no);

-- name: waiting
-- The tasks of a case whose period runs.
select t.month, t.opened_at from review_tasks t
join clocks k on k.rule = 'supervision.review_by' and k.ref = to_char(t.month, 'YYYY-MM') || '/' || t.case_no
where t.case_no = %s and k.done_at is null and k.dropped_at is null;

-- name: listed
-- Drawn cases with their reviewers, periods and reviews, those due first.
select t.month, t.case_no, c.unit_id, u.unit_no, u.name as unit_name, c.area_code, t.reviewer, o.name as reviewer_name,
    t.opened_at, k.due_at, k.done_at, r.review_no, r.reviewed_on, r.qualified
from review_tasks t join cases c using (case_no) join units u using (unit_id)
left join officers o on o.officer_no = t.reviewer
left join clocks k on k.rule = 'supervision.review_by' and k.ref = to_char(t.month, 'YYYY-MM') || '/' || t.case_no
left join lateral (select review_no, reviewed_on, qualified from case_reviews v where v.noun = 'case' and v.ref = t.case_no
                   order by reviewed_on desc limit 1) r on true
where (%(areas)s::text[] is null or c.area_code = any(%(areas)s))
  and case %(state)s when 'open' then r.review_no is null when 'read' then r.review_no is not null else true end
order by r.review_no is not null, k.due_at, t.case_no limit %(limit)s;
