-- name: suspension
-- An order to stop of a case that stands.
select m.measure_no as ref from measures m join cases c using (case_id)
where c.case_no = %(case)s and m.kind = 'suspension' and m.standing = 'standing' order by m.measure_no limit 1;

-- name: ground
-- What a unit was listed for; null where the listing came in without its notice.
select m.ref as ground from credit_listings l left join credit_matters m on m.matter_no = l.notice_no and m.noun = 'notice'
where l.listing_id = %(listing)s;

-- name: major_hazard
-- A major hazard of a unit that is not off the list.
select major_hazard_no as ref from major_hazards
where unit_id = %(unit)s and standing in ('determined', 'listed') order by found_on, major_hazard_no limit 1;

-- name: order
-- An order of a unit that is open past its day.
select order_no as ref from orders
where unit_id = %(unit)s and closed_on is null and correct_by < %(day)s order by correct_by, order_no limit 1;
