-- name: officers
-- Officers of some areas, or all, by number.
select * from officers
where (%(areas)s::text[] is null or area_codes && %(areas)s) and (%(status)s::text is null or status = %(status)s)
order by officer_no

-- name: officer
-- One officer.
select * from officers where officer_no = %s

-- name: leave_on
-- Leave that covers a day.
select * from officer_leave where %s between from_day and to_day order by officer_no, from_day

-- name: leave_of
-- One officer's leave, newest first.
select * from officer_leave where officer_no = %s order by from_day desc

-- name: recusals
-- Recusals of one officer, or of all.
select r.officer_no, r.unit_id, u.unit_no, u.name as unit_name, r.reason
from officer_recusals r join units u using (unit_id)
where %(officer_no)s::text is null or r.officer_no = %(officer_no)s
order by r.officer_no, u.unit_no
