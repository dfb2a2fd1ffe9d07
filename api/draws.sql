-- name: list
-- Draws, the latest first.
select d.draw_no, d.draw_date, d.sequence, d.status, d.policy_version, d.commitment, d.previous, d.frozen_at, d.entropy,
       d.seed, d.record_hash, d.drawn_at, (select count(*) from draw_visits v where v.draw_id = d.draw_id) as visits
from draws d where d.kind = 'daily' and (%(before)s::date is null or d.draw_date < %(before)s)
order by d.draw_date desc limit %(limit)s;

-- name: one
-- The draw of a day.
select d.draw_id, d.draw_no, d.draw_date, d.sequence, d.status, d.policy_version, d.commitment, d.previous, d.frozen_at,
       d.entropy, d.seed, d.record_hash, d.drawn_at,
       (select count(*) from draw_visits v where v.draw_id = d.draw_id) as visits
from draws d where d.draw_date = %(day)s and d.kind = 'daily';

-- name: bundle
-- The published bytes of a day.
select frame, bundle from draws where draw_date = %(day)s and kind = 'daily';

-- name: outside
-- How many units of the frame lie outside the viewer's areas.
select coalesce(sum(f.units), 0) as outside
from draw_groups f
where f.draw_id = %(draw_id)s and %(areas)s::text[] is not null and f.area_code <> all(%(areas)s::text[]);

-- name: visits
-- Drawn visits of the viewer's areas, in the order of the draw, with what became of them.
select v.position, v.unit_id, u.unit_no, u.name as unit_name, u.kind, u.is_key, u.is_crowded, a.name_zh as area_zh,
       a.name_en as area_en, u.address, v.arm, v.stratum, v.probability, v.lead_officer, lead.name as lead_name,
       v.second_officer, second.name as second_name, v.inspection_id, i.status, i.result
from draw_visits v
join units u using (unit_id)
join areas a using (area_code)
join officers lead on lead.officer_no = v.lead_officer
join officers second on second.officer_no = v.second_officer
left join inspections i using (inspection_id)
where v.draw_id = %(draw_id)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))
order by v.position;

-- name: strata
-- By stratum: how many could be drawn, how many were expected, how many came. Summed in one order: the last digit of a
-- floating sum depends on it, and the same question has the same answer.
select f.stratum, sum(f.units)::bigint as units, sum(f.expected order by f.area_code) as expected, min(f.least) as least,
       max(f.most) as most,
       (select count(*) from draw_visits v join units u using (unit_id)
        where v.draw_id = %(draw_id)s and v.stratum = f.stratum
          and (%(areas)s::text[] is null or u.area_code = any(%(areas)s::text[]))) as drawn
from draw_groups f
where f.draw_id = %(draw_id)s and f.reason = ''
  and (%(areas)s::text[] is null or f.area_code = any(%(areas)s::text[]))
group by f.stratum order by f.stratum;

-- name: excluded
-- Units left out, by reason.
select f.reason, sum(f.units)::bigint as units
from draw_groups f
where f.draw_id = %(draw_id)s and f.reason <> ''
  and (%(areas)s::text[] is null or f.area_code = any(%(areas)s::text[]))
group by 1 order by sum(f.units) desc, 1;
