-- name: known
-- Members that the register of officers has.
select officer_no from officers where officer_no = any(%s);

-- name: insert
-- One meeting.
insert into collective_decisions (noun, ref, trigger, held_at, members, agreed, minutes_uri, minutes_sha256,
                                  filing_receipt, entered_by)
values (%(noun)s, %(ref)s, %(trigger)s, %(held)s, %(members)s, %(agreed)s, %(uri)s, %(sha)s, %(receipt)s, %(actor)s);

-- name: read
-- Every meeting on something.
select collective_id, trigger, held_at, members, agreed, minutes_uri, minutes_sha256, filing_receipt, entered_by,
       entered_at
from collective_decisions where noun = %(noun)s and ref = %(ref)s order by held_at, collective_id;
