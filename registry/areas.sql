-- name: tree
-- Areas depth first, each before what lies in it.
with recursive below as (
    select area_code, parent_code, level, name_zh, name_en, 0 as depth, array[area_code] as place
    from areas
    where case when %(roots)s::text[] is null then parent_code is null else area_code = any(%(roots)s) end
    union all
    select a.area_code, a.parent_code, a.level, a.name_zh, a.name_en, b.depth + 1, b.place || a.area_code
    from areas a join below b on a.parent_code = b.area_code
)
select area_code, parent_code, level, name_zh, name_en, depth from below order by place

-- name: subtree
-- Some areas and everything beneath them.
with recursive below as (
    select area_code from areas where area_code = any(%s)
    union
    select a.area_code from areas a join below b on a.parent_code = b.area_code
)
select area_code from below order by area_code

-- name: path
-- The areas above one area and itself, from the top.
with recursive above as (
    select a.*, 0 as height from areas a where area_code = %s
    union all
    select a.*, b.height + 1 from areas a join above b on a.area_code = b.parent_code
)
select area_code, parent_code, level, name_zh, name_en, (max(height) over () - height)::int as depth
from above order by height desc
