-- name: town_of
-- The town in which a unit lies, and the brigade's area above it.
with recursive above as (
    select a.area_code, a.parent_code, a.level from units u join areas a using (area_code) where u.unit_id = %(unit)s
    union all
    select p.area_code, p.parent_code, p.level from areas p join above on p.area_code = above.parent_code
)
select area_code, parent_code from above where level = 'town' limit 1;

-- name: brigade_above
-- The brigade's area of a unit that lies in no town.
with recursive above as (
    select a.area_code, a.parent_code, a.level from units u join areas a using (area_code) where u.unit_id = %(unit)s
    union all
    select p.area_code, p.parent_code, p.level from areas p join above on p.area_code = above.parent_code
)
select area_code from above where level <> 'town' limit 1;

-- name: agreements
-- A town's agreements with the list that each had on a day, those in force first, then the one that ended last.
select a.agreement_id, a.agreement_no, a.regime, a.principal_code, a.powers, a.from_day, a.to_day, a.ended_on,
    coalesce(s.item_codes, '{}') as item_codes,
    a.from_day <= %(day)s and coalesce(a.to_day, 'infinity') >= %(day)s
        and (a.ended_on is null or a.ended_on > %(day)s) as in_force
from agreements a
left join lateral (select item_codes from agreement_scopes s where s.agreement_id = a.agreement_id
                   and s.from_day <= %(day)s order by s.from_day desc, s.version desc limit 1) s on true
where a.town_code = %(town)s
order by in_force desc, least(coalesce(a.to_day, 'infinity'), coalesce(a.ended_on, 'infinity')) desc, a.regime;

-- name: duties
-- On which of the three lists each of some items stands on a day, for a town: its own list goes before the brigade's.
with recursive above as (
    select area_code, parent_code, 0 as height from areas where area_code = %(town)s
    union all
    select p.area_code, p.parent_code, above.height + 1 from areas p join above on p.area_code = above.parent_code
)
select distinct on (d.item_code) d.item_code, d.list, d.from_day from duty_lists d join above using (area_code)
where d.item_code = any(%(items)s) and d.from_day <= %(day)s
order by d.item_code, above.height, d.from_day desc;

-- name: catalogued
-- Which of some items the catalogue holds on a day.
select distinct item_code from inspection_items
where item_code = any(%(items)s) and valid_from <= %(day)s and (valid_to is null or valid_to >= %(day)s);

-- name: bodies
-- Whose officers some numbers are.
select officer_no, body from officers where officer_no = any(%s);

-- name: shown
-- What officers of towns have shown by a day: the last assessment, and whether they were trained before taking the post.
select o.officer_no,
    (select p.passed from officer_passes p where p.officer_no = o.officer_no and p.assessed_on <= %(day)s
     order by p.assessed_on desc limit 1) as passed,
    exists (select from training_days t where t.officer_no = o.officer_no and t.kind = 'pre_post'
            and t.held_on <= %(day)s) as trained
from officers o where o.officer_no = any(%(officers)s) and o.body = 'town';
