-- name: officers
-- Whose some officers are.
select officer_no, body from officers where officer_no = any(%s);
