-- name: place
-- How many lists of one kind were made on a day.
select count(*) as place from draw_lists where list_no like %(letters)s;

-- name: insert
-- A list as it was asked for.
insert into draw_lists (list_no, kind, title, theme, area_codes, selection, visits, first_day, last_day, drawn_by,
                        departments, made_by, made_at)
values (%(list_no)s, %(kind)s, %(title)s, %(theme)s, %(area_codes)s, %(selection)s, %(visits)s, %(first_day)s,
        %(last_day)s, %(drawn_by)s, %(departments)s, %(made_by)s, %(made_at)s);

-- name: one
-- A list by its number, with its newest draw and how far its visits are.
select l.list_id, l.list_no, l.kind, l.title, l.theme, l.area_codes, l.selection, l.visits, l.first_day, l.last_day,
       l.drawn_by, l.departments, l.made_by, l.made_at, d.draw_no, d.status as draw_status, d.commitment, d.frozen_at,
       d.drawn_at, coalesce(v.planned, 0) as planned, coalesce(v.done, 0) as done, coalesce(v.drawn, 0) as drawn
from draw_lists l
left join lateral (select * from draws where list_id = l.list_id order by sequence desc limit 1) d on true
left join lateral (
    select count(*) as drawn, count(*) filter (where i.status = 'planned') as planned,
           count(*) filter (where i.status = 'done') as done
    from list_visits w left join inspections i using (inspection_id) where w.draw_id = d.draw_id) v on true
where l.list_no = %(list_no)s and l.kind = %(kind)s;

-- name: all
-- Lists of a kind, newest first; areas null: of everyone, else those of accounts with some of these areas.
select l.list_id, l.list_no, l.kind, l.title, l.theme, l.area_codes, l.selection, l.visits, l.first_day, l.last_day,
       l.drawn_by, l.departments, l.made_by, l.made_at, d.draw_no, d.status as draw_status, d.commitment, d.frozen_at,
       d.drawn_at, coalesce(v.planned, 0) as planned, coalesce(v.done, 0) as done, coalesce(v.drawn, 0) as drawn,
       count(*) over () as total
from draw_lists l
left join lateral (select * from draws where list_id = l.list_id order by sequence desc limit 1) d on true
left join lateral (
    select count(*) as drawn, count(*) filter (where i.status = 'planned') as planned,
           count(*) filter (where i.status = 'done') as done
    from list_visits w left join inspections i using (inspection_id) where w.draw_id = d.draw_id) v on true
where l.kind = %(kind)s and (%(areas)s::text[] is null or l.area_codes && %(areas)s)
order by l.list_id desc limit %(limit)s offset %(offset)s;
