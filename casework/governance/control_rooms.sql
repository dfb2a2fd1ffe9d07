-- name: same
-- Whether somebody is on duty at a unit already.
select 1 as there from control_room_staff where unit_id = %(unit)s and to_day is null and name = %(name)s
  and certificate_no is not distinct from %(certificate)s::text;

-- name: insert
-- One of the staff.
insert into control_room_staff (unit_id, name, certificate_no, certified_on, valid_to, from_day, made_by)
values (%(unit)s, %(name)s, %(certificate)s, %(certified)s, %(until)s, %(from)s, %(actor)s) returning staff_id;

-- name: staff
-- One of the staff, locked.
select s.*, u.area_code, u.unit_no from control_room_staff s join units u using (unit_id) where s.staff_id = %s for update of s;

-- name: leave
-- The last day on duty.
update control_room_staff set to_day = %(day)s where staff_id = %(id)s;

-- name: campaign
-- Whether a campaign is on record.
select 1 as there from draw_lists where list_no = %s;

-- name: check
-- One look at a certificate, once a day.
insert into certificate_checks (list_no, unit_id, certificate_no, checked_on, outcome, note, made_by)
values (%(list)s, %(unit)s, %(certificate)s, %(day)s, %(outcome)s, %(note)s, %(actor)s)
on conflict on constraint certificate_checked_once_a_day do nothing returning check_id;

-- name: checks
-- Checks of certificates, the newest first.
select c.check_id, c.list_no, c.unit_id, u.unit_no, u.name as unit_name, c.certificate_no, c.checked_on, c.outcome,
    c.note, c.made_by
from certificate_checks c join units u using (unit_id)
where (%(list)s::text is null or c.list_no = %(list)s) and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
  and (%(before)s::bigint is null or c.check_id < %(before)s)
order by c.check_id desc limit %(limit)s;

-- name: counted
-- Checks of a campaign by outcome.
select c.outcome, count(*) as n from certificate_checks c join units u using (unit_id)
where c.list_no = %(list)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s)) group by c.outcome;

-- name: on_duty
-- Who is on duty in a unit on a day; a certificate that a check found false or lent holds no more from that day.
select s.staff_id, s.name, s.certificate_no, s.certified_on, s.valid_to, s.from_day, s.to_day,
    s.certificate_no is not null and s.certified_on <= %(day)s and coalesce(s.valid_to, 'infinity') >= %(day)s
    and not exists (select from certificate_checks c where c.certificate_no = s.certificate_no
                    and c.outcome in ('false', 'lent') and c.checked_on <= %(day)s) as certified
from control_room_staff s
where s.unit_id = %(unit)s and s.from_day <= %(day)s and coalesce(s.to_day, 'infinity') >= %(day)s
order by s.staff_id limit 500;

-- name: coverage
-- Units with anyone on duty on a day, with the share whose certificate holds; read unit by unit, no further than a page.
select t.unit_id, u.unit_no, u.name as unit_name, u.area_code, a.name_zh as area_zh, a.name_en as area_en, t.on_duty,
    t.certified, t.certified::float8 / t.on_duty as share, t.certified::float8 / t.on_duty >= %(asked)s as enough
from (
    select s.unit_id, count(*) as on_duty,
        count(*) filter (where s.certificate_no is not null and s.certified_on <= %(day)s
            and coalesce(s.valid_to, 'infinity') >= %(day)s
            and not exists (select from certificate_checks c where c.certificate_no = s.certificate_no
                            and c.outcome in ('false', 'lent') and c.checked_on <= %(day)s)) as certified
    from control_room_staff s
    where s.from_day <= %(day)s and coalesce(s.to_day, 'infinity') >= %(day)s
      and (%(after)s::bigint is null or s.unit_id > %(after)s)
      and (%(unit)s::text is null or s.unit_id = (select unit_id from units where unit_no = %(unit)s))
      and (%(areas)s::text[] is null
           or exists (select from units v where v.unit_id = s.unit_id and v.area_code = any(%(areas)s)))
    group by s.unit_id
    having %(state)s = 'all' or (count(*) filter (where s.certificate_no is not null and s.certified_on <= %(day)s
            and coalesce(s.valid_to, 'infinity') >= %(day)s
            and not exists (select from certificate_checks c where c.certificate_no = s.certificate_no
                            and c.outcome in ('false', 'lent') and c.checked_on <= %(day)s))::float8
            / count(*) >= %(asked)s) = (%(state)s = 'enough')
    order by s.unit_id limit %(limit)s) t
join units u using (unit_id) join areas a using (area_code)
order by t.unit_id;
