-- name: plan
-- Visits of a draw that are not planned yet, numbered in its order, with their officers and a line each in the audit log.
with wanted as (
    select w.*, row_number() over (order by w.place) - 1 as number
    from unnest(%(units)s::bigint[], %(arms)s::text[], %(chances)s::float8[], %(leads)s::text[], %(seconds)s::text[])
        with ordinality as w (unit_id, arm, chance, lead, second, place)
    where not exists (select from inspections i where i.draw_no = %(draw)s and i.unit_id = w.unit_id)
), planned as (
    insert into inspections (inspection_no, unit_id, kind, arm, draw_no, draw_probability, planned_on, source, entered_by)
    select %(prefix)s || case when length((%(first)s + w.number)::text) < 4 then lpad((%(first)s + w.number)::text, 4, '0')
                              else (%(first)s + w.number)::text end,
           w.unit_id, %(kind)s, w.arm, %(draw)s, w.chance, %(day)s, 'draw', %(actor)s
    from wanted w
    returning inspection_id, inspection_no, unit_id
), teams as (
    insert into inspection_officers (inspection_id, officer_no, role)
    select p.inspection_id, team.officer_no, team.role
    from planned p join wanted w using (unit_id)
    cross join lateral (values (w.lead, 'lead'), (w.second, 'member')) as team (officer_no, role)
)
insert into audit_log (actor, action, entity, entity_id, before, after)
select %(actor)s, 'plan', 'inspection', p.inspection_no, null,
       jsonb_build_object('unit_id', p.unit_id, 'kind', %(kind)s::text, 'arm', w.arm, 'draw_no', %(draw)s::text,
                          'planned_on', %(day)s::date,
                          'officers', jsonb_build_array(jsonb_build_array(w.lead, 'lead'),
                                                        jsonb_build_array(w.second, 'member')))
from planned p join wanted w using (unit_id);

-- name: of_draw
-- The visits that a draw has planned.
select unit_id, inspection_id from inspections where draw_no = %s;
