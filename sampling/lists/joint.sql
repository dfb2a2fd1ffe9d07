-- name: plan
-- A line of the yearly plan.
select plan_year, item, launching, taking_part, share, visits from joint_plan
where plan_year = %(year)s and item = %(item)s and launching = %(launching)s;

-- name: plans
-- The yearly plan of joint draws, with the names of the departments.
select p.plan_year, p.item, p.launching, d.name_zh as launching_name, p.taking_part, p.share, p.visits
from joint_plan p join joint_departments d on d.department = p.launching
order by p.plan_year desc, p.item, p.launching limit 500;

-- name: departments
-- Departments with the size of their directories.
select d.department, d.name_zh, d.name_en,
       case when d.department = 'fire' then (select count(*) from officers where status = 'active')
            else (select count(*) from joint_officers o where o.department = d.department and o.active) end as officers,
       case when d.department = 'fire' then (select count(*) from units where status = 'active')
            else (select count(*) from joint_objects o where o.department = d.department and o.active) end as objects
from joint_departments d order by d.department <> 'fire', d.department;

-- name: objects
-- The objects of a department for an item, each with the unit of ours that it is: by number, else by credit code.
select o.object_no, o.name, o.area_code, o.risk_class, u.unit_id, u.unit_no
from joint_objects o
left join lateral (
    select unit_id, unit_no from units u
    where u.unit_no = o.unit_no or (o.unit_no is null and o.uscc is not null and u.uscc = o.uscc)
    order by u.status <> 'active', u.unit_id limit 1) u on true
where o.department = %(department)s and o.active and (%(item)s::text is null or o.item = %(item)s)
order by o.object_no;
