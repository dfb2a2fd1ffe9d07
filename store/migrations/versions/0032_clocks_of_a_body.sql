-- What runs for towns or police stations stands far apart among what runs for the brigade.
create index clocks_running_body on clocks (body, due_at, clock_id) where done_at is null and dropped_at is null;
