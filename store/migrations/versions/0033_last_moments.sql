-- What is due with a day was kept as 00:00 of the next, and that moment counted as in time. A period of hours may end at any
-- moment and keeps its own: the emergency seal, and the complaints that are checked within a day.
-- What was ended at that moment was ended so by the books (a right that lapsed, an order closed by its day), and in time.
update clocks set
    due_at = due_at - interval '1 microsecond',
    soon_at = least(soon_at, due_at - interval '1 microsecond'),
    done_at = case when done_at = due_at then due_at - interval '1 microsecond' else done_at end
where (due_at at time zone 'Asia/Shanghai')::time = '00:00' and due_at > started_at
  and rule <> 'deadlines.seal_emergency'
  and not (rule = 'deadlines.complaint_check' and due_at - started_at <= interval '24 hours');
update complaints set
    check_by = check_by - interval '1 microsecond',
    checked_at = case when checked_at = check_by then check_by - interval '1 microsecond' else checked_at end
where (check_by at time zone 'Asia/Shanghai')::time = '00:00' and check_by - received_at > interval '24 hours';
update findings set decide_by = decide_by - interval '1 microsecond'
where (decide_by at time zone 'Asia/Shanghai')::time = '00:00' and decide_by - found_at > interval '24 hours';
comment on column clocks.due_at is
    'the last moment in time: of hours to the moment, of days the last moment of the last day (Asia/Shanghai)';
comment on column complaints.check_by is 'the last moment in time, as clocks.due_at';
