-- name: insert
-- One sentence.
insert into report_texts (kind, period, area_code, section, body, figures, made_by)
values (%(kind)s, %(period)s, %(area)s, %(section)s, %(body)s, %(figures)s, %(actor)s) returning text_id;

-- name: locked
-- One sentence, locked.
select * from report_texts where text_id = %s for update;

-- name: withdraw
-- A sentence that was taken out.
update report_texts set withdrawn_at = %(now)s where text_id = %(id)s;
