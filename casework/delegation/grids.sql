-- name: level
-- The level of an area.
select level from areas where area_code = %s;

-- name: put
-- A village or a grid.
insert into grids (grid_code, town_code, village_code, level, name, worker, made_by)
values (%(code)s, %(town)s, %(village)s, %(level)s, %(name)s, %(worker)s, %(actor)s)
on conflict (grid_code) do update set name = excluded.name, worker = excluded.worker, village_code = excluded.village_code
where grids.town_code = excluded.town_code and grids.level = excluded.level
returning grid_code;

-- name: one
-- A grid or village.
select grid_code, town_code, village_code, level, name, worker from grids where grid_code = %s;

-- name: tree
-- Villages and grids of a town with how many units each grid has.
select g.grid_code, g.village_code, g.level, g.name, g.worker,
    (select count(*) from unit_grids u where u.grid_code = g.grid_code) as units,
    (select count(*) from grid_leads l where l.grid_code = g.grid_code
     and l.state not in ('closed', 'finished')) as open_leads
from grids g where g.town_code = %s
order by coalesce(g.village_code, g.grid_code), g.level = 'grid', g.grid_code limit 2000;

-- name: unit_town
-- Whether a unit lies in a town, by its own area or one above it.
with recursive above as (
    select a.area_code, a.parent_code from units u join areas a using (area_code) where u.unit_id = %(unit)s
    union all
    select p.area_code, p.parent_code from areas p join above on p.area_code = above.parent_code
)
select 1 from above where area_code = %(town)s;

-- name: lay
-- A unit in its grid; it lies in one.
insert into unit_grids (unit_id, grid_code, since, made_by) values (%(unit)s, %(grid)s, %(day)s, %(actor)s)
on conflict (unit_id) do update set grid_code = excluded.grid_code, since = excluded.since, made_by = excluded.made_by;

-- name: grid_of
-- The grid, village and town of a unit.
select g.grid_code, g.name as grid_name, g.worker, g.village_code, v.name as village_name, g.town_code, u.since
from unit_grids u join grids g using (grid_code) join grids v on v.grid_code = g.village_code
where u.unit_id = %s;

-- name: without
-- Units of a town that lie in no grid.
select u.unit_id, u.unit_no, u.name from units u
where u.area_code = %(town)s and u.status = 'active' and (%(after)s::bigint is null or u.unit_id > %(after)s)
  and not exists (select from unit_grids g where g.unit_id = u.unit_id)
order by u.unit_id limit %(limit)s;

-- name: put_task
-- An item of the patrol list, from a day on.
insert into grid_tasks (town_code, task_code, from_day, to_day, name, made_by)
values (%(town)s, %(code)s, %(from)s, %(to)s, %(name)s, %(actor)s)
on conflict (town_code, task_code, from_day) do update set to_day = excluded.to_day, name = excluded.name;

-- name: tasks
-- The patrol list of a town on a day.
select distinct on (task_code) task_code, name, from_day, to_day from grid_tasks
where town_code = %(town)s and from_day <= %(day)s and coalesce(to_day, 'infinity') >= %(day)s
order by task_code, from_day desc;
