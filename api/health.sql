-- name: revision
-- The schema the database stands at.
select version_num from alembic_version;
