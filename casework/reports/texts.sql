-- name: of
-- The sentences of one report.
select text_id, section, body, figures, made_by, made_at from report_texts
where kind = %(kind)s and period = %(period)s and area_code is not distinct from %(area)s::text and withdrawn_at is null
order by text_id limit 200;
