-- name: same
-- Whether somebody sits for an office already.
select 1 as there from coordination_members where area_code = %(area)s and office = %(office)s and name = %(name)s and to_day is null;

-- name: insert
-- One member.
insert into coordination_members (area_code, office, name, post, from_day, made_by)
values (%(area)s, %(office)s, %(name)s, %(post)s, %(from)s, %(actor)s) returning member_id;

-- name: one
-- One member, locked.
select * from coordination_members where member_id = %s for update;

-- name: end
-- A member's last day.
update coordination_members set to_day = %(day)s where member_id = %(id)s;

-- name: on_day
-- Members on a day.
select member_id, office, name, post, from_day, to_day from coordination_members
where area_code = %(area)s and from_day <= %(day)s and coalesce(to_day, 'infinity') >= %(day)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s))
order by member_id limit 200;
