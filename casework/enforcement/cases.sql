-- name: visit
-- The visit that a case comes of.
select inspection_id, unit_id, inspected_on from inspections where inspection_no = %s;

-- name: same
-- A case of a unit that agrees in all that tells one from another.
select case_no from cases
where unit_id = %(unit)s and filed_on = %(day)s and article = %(article)s and facts = %(facts)s
  and standing <> 'dropped' limit 1;

-- name: insert
-- One case, of the area in which its unit lies now.
insert into cases (case_no, unit_id, area_code, inspection_id, party, regime, procedure, article, facts, items, officers,
                   offence_on, life_safety, filed_at, filed_on, entered_by)
select %(number)s, u.unit_id, u.area_code, %(inspection)s, %(party)s, %(regime)s, %(procedure)s, %(article)s, %(facts)s,
       %(items)s, %(officers)s, %(offence_on)s, %(life_safety)s, %(filed_at)s, %(day)s, %(actor)s
from units u where u.unit_id = %(unit)s
returning case_id, area_code, unit_id;

-- name: locked
-- One case with what the gates want to know of its unit and visit, locked.
select c.*, u.unit_no, u.is_key, i.started_at as visit_began
from cases c join units u using (unit_id) left join inspections i on i.inspection_id = c.inspection_id
where c.case_no = %s for update of c;

-- name: stand
-- Where a case stands after a step.
update cases set standing = %(standing)s, decided_on = coalesce(decided_on, %(decided)s::date),
                 closed_on = coalesce(closed_on, %(closed)s::date)
where case_id = %(case)s;

-- name: officer
-- Someone who reviews or chairs, with what speaks against it.
select o.officer_no, o.status,
    (select r.reason from officer_recusals r where r.officer_no = o.officer_no and r.unit_id = %(unit)s) as recused
from officers o where o.officer_no = %(officer)s;
