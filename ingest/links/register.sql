-- name: claims
-- The devices whose settings say what they go by on a link.
select device_id, vendor_code, device_no, status, settings::text
from devices where settings ? 'gbt26875'
order by device_id
