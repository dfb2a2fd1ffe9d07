-- name: count
-- Add to what vendors sent in an hour. In one order, so that two processes can't wait for each other in a circle.
insert into vendor_hours (vendor_code, hour, form, slot, messages, bytes, readings, events, refused)
select vendor_code, hour, form, %(slot)s, messages, bytes, readings, events, refused
from unnest(%(vendors)b::text[], %(hours)b::timestamptz[], %(forms)b::text[], %(messages)b::int8[], %(bytes)b::int8[],
            %(readings)b::int8[], %(events)b::int8[], %(refused)b::int8[])
     as told (vendor_code, hour, form, messages, bytes, readings, events, refused)
order by vendor_code, hour, form
on conflict (vendor_code, hour, form, slot) do update
set messages = vendor_hours.messages + excluded.messages, bytes = vendor_hours.bytes + excluded.bytes,
    readings = vendor_hours.readings + excluded.readings, events = vendor_hours.events + excluded.events,
    refused = vendor_hours.refused + excluded.refused

-- name: forget
-- Hours that nobody looks at any more.
delete from vendor_hours where hour < %(before)s
