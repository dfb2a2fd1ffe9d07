-- name: page
-- Lines of the audit log, the newest first.
select audit_id, at, actor, action, entity, entity_id, before, after
from audit_log
where (%(actor)s::text is null or actor = %(actor)s)
  and (%(entity)s::text is null or entity = %(entity)s)
  and (%(entity_id)s::text is null or entity_id = %(entity_id)s)
  and (%(before)s::bigint is null or audit_id < %(before)s)
order by audit_id desc limit %(limit)s;
