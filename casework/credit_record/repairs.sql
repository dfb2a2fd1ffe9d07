-- name: running
-- A repair of the same that is being handled.
select matter_no from credit_matters
where unit_id = %(unit)s and noun = 'repair' and target = %(target)s and ref = %(ref)s
  and standing in ('applied', 'incomplete', 'accepted', 'noticed') limit 1;

-- name: entries
-- What a decision took from the ledger.
select entry_id from credit_entries
where unit_id = %(unit)s and points < 0 and event_kind like 'penalty\_%%'
  and (event_ref = %(ref)s or (event_ref like %(ref)s || '-%%' and exists (select from cases where case_no = %(ref)s)))
order by entry_id;
