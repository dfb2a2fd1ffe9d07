-- name: named
-- Units whose name or number, or code where it is asked for, holds a text, as far as a number of them. Names are compared in
-- collation C: only the letters A to Z have cases here, and folding others costs five times as much.
select u.unit_id from units u
where text_pieces(u.name, u.unit_no, u.uscc) @> %(pieces)s::text[]
  and (u.name collate "C" ilike %(pattern)s or u.unit_no collate "C" ilike %(pattern)s
       or (%(codes)s and u.uscc collate "C" ilike %(pattern)s))
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
limit %(limit)s;
