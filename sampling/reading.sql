-- name: draw_of_day
-- The draw of a day with its frame and bundle.
select draw_id, draw_no, draw_date, sequence, status, policy_version, commitment, previous, frozen_at, entropy, seed,
       record_hash, drawn_at, frame, bundle
from draws where draw_date = %s and kind = 'daily';

-- name: visits
-- Visits of a draw with names, in the order of the draw; areas null: everywhere.
select v.position, v.unit_id, u.unit_no, u.name as unit_name, u.kind, u.address, u.is_key, u.is_crowded, u.area_code,
       a.name_zh as area_zh, a.name_en as area_en, v.stratum, v.arm, v.probability,
       v.lead_officer, l.name as lead_name, v.second_officer, s.name as second_name,
       v.inspection_id, i.inspection_no, i.status as inspection_status, i.result
from draw_visits v
join units u using (unit_id)
join areas a using (area_code)
join officers l on l.officer_no = v.lead_officer
join officers s on s.officer_no = v.second_officer
left join inspections i on i.inspection_id = v.inspection_id
where v.draw_id = %(draw_id)s and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
order by v.position;

-- name: draws
-- Draws, newest first, with how many visits each arm has.
select d.draw_no, d.draw_date, d.sequence, d.status, d.commitment, d.previous, d.frozen_at, d.drawn_at, d.seed,
       d.record_hash, count(v.unit_id) as visits,
       count(v.unit_id) filter (where v.arm = 'duty') as duty,
       count(v.unit_id) filter (where v.arm = 'random') as random,
       count(v.unit_id) filter (where v.arm = 'targeted') as targeted
from draws d left join draw_visits v using (draw_id)
where d.kind = 'daily'
group by d.draw_id
order by d.draw_date desc limit %(limit)s offset %(offset)s;

-- name: bundle
-- The sealed bundle of a day.
select draw_no, status, frame, bundle from draws where draw_date = %s and kind = 'daily';

-- name: frame
-- The frozen frame of a day.
select frame from draws where draw_date = %s and kind = 'daily';

-- name: records
-- Every record of the chain in order, without its content.
select draw_id, draw_no, draw_date, kind, sequence, status, commitment, previous, seed, record_hash from draws order by sequence;

-- name: content
-- Frame and bundle of one record.
select frame, bundle from draws where draw_id = %s;

-- name: frozen_groups
-- What the table says was frozen, to be compared with the frame.
select area_code, stratum, reason, units, expected, least, most from draw_groups where draw_id = %s
order by area_code collate "C", stratum collate "C", reason collate "C";

-- name: planned_visits
-- What the tables say was drawn, to be compared with the bundle.
select v.position, u.unit_no, v.stratum, v.arm, v.probability, v.p_duty, v.p_random, v.p_targeted, v.lead_officer,
       v.second_officer
from draw_visits v join units u using (unit_id) where v.draw_id = %s order by v.position;

-- name: list_visits
-- What the tables say a list drew, to be compared with the bundle.
select v.position, v.object_no, v.planned_on::text as day, v.probability, v.stands_for,
       (select coalesce(jsonb_agg(jsonb_build_array(t.department, t.lead, t.second)
                                  order by t.department collate "C"), '[]')
        from list_teams t where t.draw_id = v.draw_id and t.position = v.position) as teams
from list_visits v where v.draw_id = %s order by v.position;

-- name: first
-- The draw that a replacement is of.
select draw_no, kind, record_hash, frame from draws where draw_no = %s and status = 'drawn';

-- name: arm
-- The arm under which a draw took a unit.
select v.arm from draw_visits v join draws d using (draw_id) join units u using (unit_id)
where d.draw_no = %s and u.unit_no = %s;

-- name: taken
-- Of the visits planned for a day, those of each list draw; areas null: everywhere.
select d.draw_no, d.kind, d.title, l.list_no, count(*) as visits,
       count(*) filter (where i.status = 'done') as done
from list_visits v
join draws d using (draw_id)
join inspections i using (inspection_id)
join units u on u.unit_id = v.unit_id
left join draw_lists l on l.list_id = d.list_id
where i.planned_on = %(day)s and i.status in ('planned', 'done') and d.kind <> 'replacement'
  and (%(areas)s::text[] is null or u.area_code = any(%(areas)s))
group by d.draw_id, l.list_id order by d.sequence;

-- name: anchors
-- The published ends of the hash chains; never their roots.
select year, anchor, length, per_day, created_at from entropy_chains order by year;
