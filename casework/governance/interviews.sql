-- name: known
-- Which of some numbers are officers'.
select officer_no from officers where officer_no = any(%s);

-- name: insert
-- One talk, of the area in which its unit lies now.
insert into interviews (interview_no, unit_id, area_code, held_at, person, role, officers, topic, minutes_uri,
    minutes_sha256, promised, made_by)
select %(number)s, u.unit_id, u.area_code, %(held_at)s, %(person)s, %(role)s, %(officers)s, %(topic)s, %(minutes_uri)s,
    %(minutes_sha256)s, %(promised)s, %(actor)s
from units u where u.unit_id = %(unit)s
on conflict on constraint interviewed_once do nothing returning interview_id;

-- name: listed
-- Talks, those entered last first.
select i.interview_id, i.interview_no, i.unit_id, u.unit_no, u.name as unit_name, i.area_code, i.held_at, i.person,
    i.role, i.officers, i.topic, i.minutes_uri, i.minutes_sha256, i.promised, i.made_by
from interviews i join units u using (unit_id)
where (%(areas)s::text[] is null or i.area_code = any(%(areas)s)) and (%(unit)s::text is null or u.unit_no = %(unit)s)
  and (%(before)s::bigint is null or i.interview_id < %(before)s)
order by i.interview_id desc limit %(limit)s;

-- name: counted
-- Talks of some days by role.
select role, count(*) as n from interviews
where held_at >= (%(first)s::date)::timestamp at time zone 'Asia/Shanghai'
  and held_at < (%(last)s::date + 1)::timestamp at time zone 'Asia/Shanghai'
  and (%(areas)s::text[] is null or area_code = any(%(areas)s))
group by role;
