-- name: departments
-- A department that takes part in joint draws.
insert into joint_departments (department, name_zh, name_en) values (%(department)s, %(name_zh)s, %(name_en)s)
on conflict (department) do update set name_zh = excluded.name_zh, name_en = excluded.name_en;

-- name: officers
-- An officer of another department.
insert into joint_officers (department, officer_no, name, certificate_to, can_lead, area_codes, daily_visits, active)
values (%(department)s, %(officer_no)s, %(name)s, %(certificate_to)s, %(can_lead)s, %(area_codes)s, %(daily_visits)s,
        %(active)s)
on conflict (department, officer_no) do update set name = excluded.name, certificate_to = excluded.certificate_to,
    can_lead = excluded.can_lead, area_codes = excluded.area_codes, daily_visits = excluded.daily_visits,
    active = excluded.active;

-- name: objects
-- An object of another department's directory.
insert into joint_objects (department, object_no, name, uscc, unit_no, area_code, address, item, risk_class, active)
values (%(department)s, %(object_no)s, %(name)s, %(uscc)s, %(unit_no)s, %(area_code)s, %(address)s, %(item)s,
        %(risk_class)s, %(active)s)
on conflict (department, object_no) do update set name = excluded.name, uscc = excluded.uscc, unit_no = excluded.unit_no,
    area_code = excluded.area_code, address = excluded.address, item = excluded.item, risk_class = excluded.risk_class,
    active = excluded.active;

-- name: plan
-- One line of the yearly plan of joint draws.
insert into joint_plan (plan_year, item, launching, taking_part, share, visits)
values (%(plan_year)s, %(item)s, %(launching)s, %(taking_part)s, %(share)s, %(visits)s)
on conflict (plan_year, item, launching) do update set taking_part = excluded.taking_part, share = excluded.share,
    visits = excluded.visits;
