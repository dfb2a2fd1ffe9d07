-- name: hazards
-- Hazards of the visit that a case comes of: those it is about, or all where it names none.
select item_code, severity, is_major, handling, due_on, corrected_on from hazards
where inspection_id = %(inspection)s and (cardinality(%(items)s::text[]) = 0 or item_code = any(%(items)s::text[]))
order by item_code;

-- name: self_checks
-- What the unit itself found and reported of these items before a moment, the newest of each.
select distinct on (item_code) item_code, found_on, reported_at, corrected_on from self_checks
where unit_id = %(unit)s and item_code = any(%(items)s::text[]) and reported_at < %(before)s
order by item_code, self_check_id desc;

-- name: earlier
-- Whether a unit was punished before, or has another case that was neither dropped nor ended without a penalty.
select exists (select from penalties where unit_id = %(unit)s and withdrawn_on is null and kind <> 'seal'
               and decided_on between %(since)s and %(day)s and case_no <> %(case)s
               and case_no not like %(case)s || '-%%') as earlier;
