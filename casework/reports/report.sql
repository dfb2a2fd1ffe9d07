-- name: beneath
-- An area and all beneath it, within what an account sees; the area itself first.
with recursive chosen as (
    select area_code, name_zh, name_en, level, 0 as depth from areas
    where area_code = %(area)s and (%(areas)s::text[] is null or area_code = any(%(areas)s))
    union all
    select a.area_code, a.name_zh, a.name_en, a.level, c.depth + 1 from areas a join chosen c on a.parent_code = c.area_code
    where %(areas)s::text[] is null or a.area_code = any(%(areas)s)
)
select area_code, name_zh, name_en, level from chosen order by depth, area_code;

-- name: names
-- The names of areas.
select area_code, name_zh, name_en from areas where area_code = any(%(areas)s);
