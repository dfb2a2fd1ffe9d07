-- name: page
-- Decisions that were made public and neither withdrawn nor taken back, the last published first.
with asked as (
    select u.unit_id from units u
    where %(text)s::text is not null and text_pieces(u.name) @> %(pieces)s::text[] and u.name collate "C" ilike %(text)s
    union
    select u.unit_id from units u where u.uscc = upper(%(q)s) or u.unit_no = %(q)s
), shown as (
    select s.step_id, s.at, c.case_id from enforcement_steps s join cases c on c.case_no = s.ref
    where s.noun = 'case' and s.step = 'published' and s.at >= %(since)s::date::timestamp at time zone 'Asia/Shanghai'
      and (%(before)s::bigint is null or s.step_id < %(before)s)
      and c.procedure = any(%(procedures)s::text[]) and c.party = any(%(parties)s::text[])
      and (%(text)s::text is null or c.party <> all(%(unnamed)s::text[]) and c.unit_id in (select unit_id from asked))
      and not exists (select from enforcement_steps w where w.noun = 'case' and w.ref = s.ref
                      and w.step in ('decision_withdrawn', 'publication_withdrawn'))
    order by s.step_id desc limit %(limit)s
)
select s.step_id as publication_id, c.case_no, c.party, c.procedure, n.name, n.unit_no, n.uscc, a.name_zh as area_zh,
       a.name_en as area_en, c.article, d.details -> 'penalties' as penalties, c.decided_on,
       (s.at at time zone 'Asia/Shanghai')::date as published_on
from shown s join cases c using (case_id) join areas a on a.area_code = c.area_code
join enforcement_steps d on d.noun = 'case' and d.ref = c.case_no and d.step = 'decision'
left join units n on n.unit_id = c.unit_id and c.party <> all(%(unnamed)s::text[])
order by s.step_id desc;
