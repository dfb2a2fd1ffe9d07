-- name: frame
-- The frozen frame of a day and when it was frozen.
select frame, frozen_at from draws where draw_date = %(day)s;

-- name: on_leave
-- Active officers who are on leave.
select distinct o.officer_no from officers o join officer_leave l using (officer_no)
where o.status = 'active' and %(day)s between l.from_day and l.to_day
order by o.officer_no;
