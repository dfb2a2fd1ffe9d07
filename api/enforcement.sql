-- name: beneath
-- An area with all beneath it, of those that the viewer sees.
with recursive chosen as (
    select area_code from areas where area_code = %(area)s
    union
    select child.area_code from areas child join chosen on child.parent_code = chosen.area_code
)
select area_code from chosen where %(areas)s::text[] is null or area_code = any(%(areas)s::text[]);

-- name: unit
-- A unit by its number, within the viewer's areas.
select unit_id from units where unit_no = %(number)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]));
