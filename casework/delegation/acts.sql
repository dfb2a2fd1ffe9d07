-- name: insert
-- One act of a town or a police station.
insert into town_acts (noun, ref, inspection_id, unit_id, town_code, body, agreement_id, regime, act, item_codes,
    responsible, acted_on, made_by)
values (%(noun)s, %(ref)s, %(inspection)s, %(unit)s, %(town)s, %(body)s, %(agreement)s, %(regime)s, %(act)s, %(items)s,
    %(responsible)s, %(day)s, %(actor)s);

-- name: regime_of
-- The regime under which a town made a visit.
select regime from town_acts where noun = 'inspection' and ref = %s;

-- name: locked
-- One act, locked.
select * from town_acts where noun = %(noun)s and ref = %(ref)s for update;

-- name: set_video
-- The recording of an act.
update town_acts set video_ref = %(video)s, video_sha256 = %(digest)s, video_seconds = %(seconds)s where act_id = %(act)s;

-- name: open_order
-- An order of a visit that is not closed by a day and that no brigade took over, the first to be corrected.
select o.order_no, o.correct_by, o.closed_on from orders o
where o.inspection_id = %(inspection)s and (o.closed_on is null or o.closed_on > %(day)s)
  and not exists (select from referrals r where r.source_noun = 'order' and r.source_ref = o.order_no
                  and r.state in ('accepted', 'closed'))
order by o.correct_by, o.order_id limit 1;

-- name: set_closed
-- The end of a case.
update town_acts set closed_on = %(day)s where act_id = %(act)s;

-- name: set_archived
-- The file of a case in the archive.
update town_acts set archived_on = %(day)s where act_id = %(act)s;

-- name: listed
-- Acts of some areas, the newest first.
select t.act_id, t.noun, t.ref, t.inspection_id, t.unit_id, u.unit_no, u.name as unit_name, t.town_code,
    a.name_zh as town_zh, a.name_en as town_en, t.body, g.agreement_no, g.principal_code, p.name_zh as principal_zh,
    t.regime, t.act, t.item_codes, t.responsible, o.name as responsible_name, t.acted_on, t.video_ref, t.video_sha256,
    t.video_seconds, t.closed_on, t.archived_on, c.due_at as archive_by,
    t.archived_on is not null and t.archived_on > (c.due_at at time zone 'Asia/Shanghai')::date as archived_late
from town_acts t join units u using (unit_id) join areas a on a.area_code = t.town_code
join officers o on o.officer_no = t.responsible
left join agreements g using (agreement_id) left join areas p on p.area_code = g.principal_code
left join clocks c on c.rule = 'delegation.archive' and c.ref = t.noun || '/' || t.ref
where (%(areas)s::text[] is null or t.town_code = any(%(areas)s))
  and (%(town)s::text is null or t.town_code = %(town)s)
  and (%(regime)s::text is null or t.regime = %(regime)s)
  and (%(noun)s::text is null or t.noun = %(noun)s) and (%(ref)s::text is null or t.ref = %(ref)s)
  and case %(state)s when 'open' then t.closed_on is null when 'closed' then t.closed_on is not null
      when 'to_archive' then t.closed_on is not null and t.archived_on is null
      when 'without_video' then t.video_ref is null else true end
  and (%(before)s::bigint is null or t.act_id < %(before)s)
order by t.act_id desc limit %(limit)s;
