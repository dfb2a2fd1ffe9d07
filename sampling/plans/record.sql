-- name: latest
-- The newest version of the plan of a year or a month (null: of the year), locked.
select * from plans where year = %(year)s and month is not distinct from %(month)s order by version desc limit 1 for update;

-- name: in_force
-- The newest adopted or published version.
select * from plans where year = %(year)s and month is not distinct from %(month)s and status <> 'draft'
order by version desc limit 1;

-- name: one
-- A plan by its number.
select * from plans where plan_no = %s;

-- name: one_locked
-- A plan by its number, locked.
select * from plans where plan_no = %s for update;

-- name: listed
-- Plans without their content, the newest first.
select plan_no, year, month, version, status, as_of, digest, public_digest, previous, reason, made_by, made_at, adopted_by,
       adopted_at, published_by, published_at
from plans where (%(year)s::int is null or year = %(year)s) and (not %(published)s or status = 'published')
order by year desc, month desc nulls first, version desc limit %(limit)s;

-- name: drop_draft
-- A draft that is made again.
delete from plans where plan_id = %s;

-- name: insert
-- A draft.
insert into plans (plan_no, year, month, version, status, as_of, content, digest, public_content, public_digest, previous,
                   reason, made_by, made_at)
values (%(plan_no)s, %(year)s, %(month)s, %(version)s, 'draft', %(as_of)s, %(content)s, %(digest)s, %(public_content)s,
        %(public_digest)s, %(previous)s, %(reason)s, %(actor)s, %(now)s);

-- name: adopt
-- From now on it can't be changed.
update plans set status = 'adopted', adopted_by = %(actor)s, adopted_at = %(now)s where plan_id = %(plan_id)s;

-- name: publish
-- Its public form may be read by anyone.
update plans set status = 'published', published_by = %(actor)s, published_at = %(now)s where plan_id = %(plan_id)s;
