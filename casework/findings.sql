-- name: latest_look
-- The newest moment for which a finding of a rule was seen.
select max(seen_at) as seen_at from findings where rule = %(rule)s;

-- name: kept
-- The findings of a rule that may still change: those that last, and those that ended within the look.
select finding_id, unit_id, subject, began_at, ended_at, state, decided_at
from findings
where rule = %(rule)s and found_at <= %(as_of)s and (ended_at is null or ended_at > %(since)s)
order by finding_id
for update;

-- name: see
-- What was seen again; the evidence of a finding that was decided stays as it was.
update findings f
set began_at = n.began_at, ended_at = n.ended_at, seen_at = %(as_of)s,
    evidence = case when f.state = 'open' then n.evidence::jsonb else f.evidence end
from unnest(%(ids)s::bigint[], %(began)s::timestamptz[], %(ended)s::timestamptz[], %(evidence)s::text[])
     as n (finding_id, began_at, ended_at, evidence)
where f.finding_id = n.finding_id
  -- One that has ended and tells the same is left alone.
  and (n.ended_at is null or (f.began_at, f.ended_at) is distinct from (n.began_at, n.ended_at)
       or (f.state = 'open' and f.evidence <> n.evidence::jsonb));

-- name: lapse
-- Findings that lost their ground before anyone had decided.
update findings set lapsed_at = %(as_of)s where finding_id = any (%(ids)s::bigint[]) and state = 'open';

-- name: end
-- Findings whose condition is not seen any more: decided ones, and those that are too old to be looked at again.
update findings set ended_at = greatest(seen_at, began_at) where finding_id = any (%(ids)s::bigint[]);

-- name: raise
-- New findings.
insert into findings (finding_no, unit_id, rule, subject, device_id, began_at, ended_at, found_at, seen_at, evidence,
                      decide_by, again_of)
select n.finding_no, n.unit_id, %(rule)s, n.subject, n.device_id, n.began_at, n.ended_at, %(as_of)s, %(as_of)s,
       n.evidence::jsonb, %(decide_by)s, n.again_of
from unnest(%(numbers)s::text[], %(units)s::bigint[], %(subjects)s::text[], %(devices)s::integer[],
            %(began)s::timestamptz[], %(ended)s::timestamptz[], %(evidence)s::text[], %(again)s::bigint[])
     as n (finding_no, unit_id, subject, device_id, began_at, ended_at, evidence, again_of);
