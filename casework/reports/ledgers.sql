-- name: unit_area
-- Where a unit lies.
select area_code from units where unit_no = %(unit)s;

-- name: stands_licences
-- Whether a number is taken.
select 1 from licences where licence_no = %(number)s;

-- name: stands_education
-- Whether a number is taken.
select 1 from education_events where event_no = %(number)s;

-- name: stands_courses
-- Whether a number is taken.
select 1 from drafting_courses where course_no = %(number)s;

-- name: stands_posts
-- Whether a number is taken.
select 1 from town_posts where post_no = %(number)s;

-- name: stands_reviews
-- Whether a number is taken.
select 1 from case_reviews where review_no = %(number)s;

-- name: handled
-- Whether the reviewer of a file is one of those who handled it.
select 1 from cases where %(noun)s = 'case' and case_no = %(ref)s and %(reviewer)s = any(officers)
union all
select 1 from inspections i join inspection_officers o using (inspection_id)
where %(noun)s = 'inspection' and i.inspection_no = %(ref)s and o.officer_no = %(reviewer)s
union all
select 1 from cases c where %(noun)s = 'penalty' and c.case_no = %(ref)s and %(reviewer)s = any(c.officers)
limit 1;

-- name: stage_licences
-- Where licences land before they are merged.
drop table if exists pg_temp.stage_ledger_licences;
create temp table stage_ledger_licences (licence_no text, unit_no text, kind text, route text, decided_on date,
    granted bool, e_licence_no text, revoked_on date, note text) on commit drop;

-- name: merge_licences
-- Licences of units; one whose number stands is left. A unit that is not known fails on its key.
insert into licences (licence_no, unit_id, kind, route, decided_on, granted, e_licence_no, revoked_on, note, made_by)
select s.licence_no, coalesce(u.unit_id, -1), s.kind, s.route, s.decided_on, s.granted, s.e_licence_no, s.revoked_on,
       s.note, %(actor)s
from stage_ledger_licences s left join units u using (unit_no)
on conflict (licence_no) do nothing;

-- name: stage_education
-- Where education events land before they are merged.
drop table if exists pg_temp.stage_ledger_education;
create temp table stage_ledger_education (event_no text, area_code text, held_on date, kind text, topic text,
    audience int4, evidence text) on commit drop;

-- name: merge_education
-- Education events; one whose number stands is left.
insert into education_events (event_no, area_code, held_on, kind, topic, audience, evidence, made_by)
select event_no, area_code, held_on, kind, topic, audience, evidence, %(actor)s from stage_ledger_education
on conflict (event_no) do nothing;

-- name: stage_courses
-- Where courses land before they are merged.
drop table if exists pg_temp.stage_ledger_courses;
create temp table stage_ledger_courses (course_no text, area_code text, held_on date, topic text, attendees int4)
    on commit drop;

-- name: merge_courses
-- Courses; one whose number stands is left.
insert into drafting_courses (course_no, area_code, held_on, topic, attendees, made_by)
select course_no, area_code, held_on, topic, attendees, %(actor)s from stage_ledger_courses
on conflict (course_no) do nothing;

-- name: stage_posts
-- Where posts land before they are merged.
drop table if exists pg_temp.stage_ledger_posts;
create temp table stage_ledger_posts (post_no text, town_code text, holder text, officer_no text, from_day date,
    to_day date) on commit drop;

-- name: merge_posts
-- Fire posts of towns; one whose number stands is left.
insert into town_posts (post_no, town_code, holder, officer_no, from_day, to_day, made_by)
select post_no, town_code, holder, officer_no, from_day, to_day, %(actor)s from stage_ledger_posts
on conflict (post_no) do nothing;

-- name: stage_reviews
-- Where reviews land before they are merged.
drop table if exists pg_temp.stage_ledger_reviews;
create temp table stage_ledger_reviews (review_no text, noun text, ref text, area_code text, reviewed_on date,
    reviewer text, qualified bool, transferred_to text, sample text, note text) on commit drop;

-- name: merge_reviews
-- Reviews of case files; one whose number stands is left.
insert into case_reviews (review_no, noun, ref, area_code, reviewed_on, reviewer, qualified, transferred_to, sample, note,
    made_by)
select review_no, noun, ref, area_code, reviewed_on, reviewer, qualified, transferred_to, sample, note, %(actor)s
from stage_ledger_reviews
on conflict (review_no) do nothing;

-- name: stage_defects
-- Where defects land before they are merged.
drop table if exists pg_temp.stage_ledger_defects;
create temp table stage_ledger_defects (review_no text, class text, code text) on commit drop;

-- name: merge_defects
-- What was wrong with files.
insert into case_review_defects (review_no, class, code)
select review_no, class, code from stage_ledger_defects
on conflict do nothing;
