-- Every part of a name, of one character or more, is found through an index; pages behind a cursor begin where it stands.

create function text_pieces(variadic texts text[]) returns text[]
    language plpgsql immutable parallel safe cost 200 as $$
declare
    single text[] := string_to_array(lower(array_to_string(texts, e'\n') collate "C"), null);
    paired text[] := single;
begin
    for place in 1 .. cardinality(single) - 1 loop
        paired[place] := single[place] || single[place + 1];
    end loop;
    return single || paired;
end $$;
comment on function text_pieces is
    'the characters of some texts and each two that stand together, A to Z small: what holds a text holds all its pieces. Its '
    'cost keeps it out of scans: it is for indexes';

create index units_pieces on units using gin (text_pieces(name, unit_no, uscc));
create index credit_publicity_pieces on credit_publicity using gin (text_pieces(party_name));
create index credit_promises_pieces on credit_promises using gin (text_pieces(party_name));

-- What is dealt with unit by unit goes by the visits of a unit, whatever their state and kind.
drop index inspections_unit;
create index inspections_unit on inspections (unit_id, inspected_on desc)
    include (inspection_id, status, kind, planned_on);

-- What is public, without passing over what waits.
create index result_publications_published on result_publications (queued_at desc, inspection_id desc)
    where published_at is not null;

-- The pace of police stations leaves out what towns did.
create index town_acts_of_towns on town_acts (inspection_id) where body = 'town';

-- How leads of a year ended, and how long they stood, from indexes alone.
drop index grid_leads_found;
create index grid_leads_found on grid_leads (found_at) include (town_code, state, passed_to, lead_no);
drop index grid_lead_steps_at;
create index grid_lead_steps_at on grid_lead_steps (at) include (lead_id, step_id, step);
