-- name: hazards
-- Earlier hazards of a unit: those named, and those ordered that are open.
select hazard_id, item_code, corrected_on from hazards
where unit_id = %(unit)s
  and (hazard_id = any(%(ids)s::bigint[]) or (handling = 'ordered' and corrected_on is null and found_on <= %(day)s))
order by hazard_id;

-- name: insert_sheet
-- The facts of a record, with the version of the list of items that held on its day.
insert into inspection_sheets (inspection_id, responsible_person, responsible_phone, manager, manager_phone,
    accompanied_by, floor_area_m2, storeys, storeys_below, height_m, signed_by, oral_order, items_from)
values (%(inspection)s, %(responsible_person)s, %(responsible_phone)s, %(manager)s, %(manager_phone)s,
    %(accompanied_by)s, %(floor_area_m2)s, %(storeys)s, %(storeys_below)s, %(height_m)s, %(signed_by)s, %(oral_order)s,
    (select max(valid_from) from inspection_items where valid_from <= %(day)s));

-- name: items
-- Which of some items are in the catalogue on a day, with their version.
select distinct on (item_code) item_code, valid_from from inspection_items
where item_code = any(%(items)s) and valid_from <= %(day)s and (valid_to is null or valid_to >= %(day)s)
order by item_code, valid_from desc;

-- name: insert_answer
-- An item that was looked at.
insert into inspection_answers (inspection_id, item_code, item_from, answer, note) values (%s, %s, %s, %s, %s);

-- name: new_hazards
-- The hazards of a record by item.
select hazard_id, item_code from hazards where inspection_id = %s;

-- name: insert_recheck
-- What a visit found of an earlier hazard.
insert into hazard_rechecks (inspection_id, hazard_id, corrected, note) values (%s, %s, %s, %s);

-- name: insert_evidence
-- A reference to a file, with its digest.
insert into inspection_evidence (inspection_id, hazard_id, kind, uri, sha256, seconds, note)
values (%s, %s, %s, %s, %s, %s, %s);
