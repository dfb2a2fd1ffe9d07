-- name: running
-- An objection to the same that is being handled.
select matter_no from credit_matters
where unit_id = %(unit)s and noun = 'objection' and target = %(target)s and ref = %(ref)s and standing = 'open' limit 1;

-- name: entry
-- An entry of a unit's ledger.
select points from credit_entries where entry_id = %(entry)s and unit_id = %(unit)s;
