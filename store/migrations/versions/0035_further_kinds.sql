-- A decision of a case may have several kinds of penalty, each a row: the first has the number of the case, the others that number
-- with -2, -3 behind it. A number that came in from elsewhere may end so too and is a decision by itself.
create function further_kind(number text) returns boolean language sql stable parallel safe
return number ~ '-[0-9]+$' and exists (
    select from public.enforcement_steps s
    where s.noun = 'case' and s.step = 'decision' and s.ref = regexp_replace(number, '-[0-9]+$', ''));
comment on function further_kind(text) is 'whether the penalty of this number is a further kind of one decision of a case';
