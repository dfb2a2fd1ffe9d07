-- name: listings
-- Listings of some areas, the newest first.
select l.listing_id, l.unit_id, u.unit_no, u.name as unit_name, u.area_code, l.list, l.from_day, l.to_day,
       s.earliest_on, s.until_on, l.ended_why, l.basis, l.notice_no, l.brought_in,
       coalesce((select jsonb_agg(jsonb_build_object('kind', m.kind, 'field', m.field, 'measure', m.measure,
                                                     'basis', m.basis) order by m.measure_id)
                 from listing_measures m where m.listing_id = l.listing_id), '[]') as measures
from credit_listings l join units u using (unit_id)
left join credit_publicity s on s.kind = l.list and s.ref = l.listing_id::text
where l.list = any(%(lists)s) and (%(ended)s or l.to_day is null) and u.area_code = any(%(codes)s::text[])
  and (%(unit)s::bigint is null or l.unit_id = %(unit)s)
  and (%(before)s::bigint is null or l.listing_id < %(before)s)
order by l.listing_id desc limit %(limit)s;

-- name: listing
-- One listing, within the viewer's areas.
select l.listing_id, l.unit_id, u.unit_no, u.name as unit_name, u.area_code, l.list, l.from_day, l.to_day,
       s.earliest_on, s.until_on, l.ended_why, l.basis, l.notice_no, l.brought_in,
       coalesce((select jsonb_agg(jsonb_build_object('kind', m.kind, 'field', m.field, 'measure', m.measure,
                                                     'basis', m.basis) order by m.measure_id)
                 from listing_measures m where m.listing_id = l.listing_id), '[]') as measures
from credit_listings l join units u using (unit_id)
left join credit_publicity s on s.kind = l.list and s.ref = l.listing_id::text
where l.listing_id = %(listing)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]));
