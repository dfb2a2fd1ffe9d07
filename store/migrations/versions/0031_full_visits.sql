-- The visits that tell of a unit what it is like. A re-inspection looks only at what was ordered; where the premises were
-- found closed nobody looked at anything. Histories said closed of premises that were shut for what was found, too.

update inspections i set result = 'hazards_ordered'
where i.result = 'closed' and exists (select from hazards h where h.inspection_id = i.inspection_id);

create view full_visits as
select * from inspections where status = 'done' and kind <> 'reinspection' and result is distinct from 'closed';
comment on view full_visits is 'visits on which the whole unit was looked at: not re-inspections, not premises found closed';
grant select on full_visits to huoyan_scheduler, huoyan_api;
