-- name: permit
-- Records of a period, by day.
select * from exported_permits where day between %(first)s and %(last)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]))
order by day, row_id;

-- name: count_permit
-- Records of a period by the facts that hold some back.
select kind, procedure, party, withdrawn, no_code, publicity_ended, count(*) as records from exported_permits
where day between %(first)s and %(last)s and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]))
group by kind, procedure, party, withdrawn, no_code, publicity_ended;

-- name: penalty
-- Records of a period, by day.
select * from exported_penalties where day between %(first)s and %(last)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]))
order by day, row_id;

-- name: count_penalty
-- Records of a period by the facts that hold some back.
select kind, procedure, party, withdrawn, no_code, publicity_ended, count(*) as records from exported_penalties
where day between %(first)s and %(last)s and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]))
group by kind, procedure, party, withdrawn, no_code, publicity_ended;

-- name: inspection
-- Records of a period, by day.
select * from exported_inspections where day between %(first)s and %(last)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]))
order by day, row_id;

-- name: count_inspection
-- Records of a period by the facts that hold some back.
select kind, procedure, party, withdrawn, no_code, publicity_ended, count(*) as records from exported_inspections
where day between %(first)s and %(last)s and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]))
group by kind, procedure, party, withdrawn, no_code, publicity_ended;

-- name: coercion
-- Records of a period, by day.
select * from exported_coercion where day between %(first)s and %(last)s
  and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]))
order by day, row_id;

-- name: count_coercion
-- Records of a period by the facts that hold some back.
select kind, procedure, party, withdrawn, no_code, publicity_ended, count(*) as records from exported_coercion
where day between %(first)s and %(last)s and (%(areas)s::text[] is null or area_code = any(%(areas)s::text[]))
group by kind, procedure, party, withdrawn, no_code, publicity_ended;
