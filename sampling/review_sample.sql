-- name: waiting_draw
-- The daily draw that is frozen and not drawn: its seed can't be known yet.
select draw_no, sequence from draws where kind = 'daily' and status = 'frozen' and draw_date > %s
order by sequence desc limit 1;

-- name: sample
-- The sample of a month.
select month, draw_no, frame, commitment, files, size, frozen_at, seed, drawn_at from review_samples where month = %s for update;

-- name: closed
-- Cases that were closed in a month.
select case_no from cases where closed_on >= %(first)s and closed_on < %(after)s;

-- name: freeze
-- The frame of a sample, committed to.
insert into review_samples (month, draw_no, frame, commitment, files, size, frozen_at)
values (%(month)s, %(draw)s, %(frame)s, %(commitment)s, %(files)s, %(size)s, %(now)s);

-- name: seed
-- The seed of the named daily draw, or of the first after it where that one was never drawn.
select d.draw_no, d.seed from draws d
where d.kind = 'daily' and d.status = 'drawn'
  and d.sequence >= (select sequence from draws where draw_no = %s)
order by d.sequence limit 1;

-- name: draw
-- The seed by which the sample was drawn.
update review_samples set seed = %(seed)s, drawn_at = %(now)s where month = %(month)s;

-- name: take
-- A case that was drawn.
insert into review_sample_cases (month, position, case_no, area_code, ticket)
select %(month)s, %(position)s, case_no, area_code, %(ticket)s from cases where case_no = %(case_no)s;

-- name: samples
-- Samples, the newest first.
select month, draw_no, commitment, files, size, frozen_at, seed, drawn_at from review_samples order by month desc limit %s;

-- name: one
-- A sample with its frame.
select month, draw_no, frame, commitment, files, size, frozen_at, seed, drawn_at from review_samples where month = %s;

-- name: cases
-- The cases of a sample, in the order in which they were drawn.
select s.position, s.case_no, s.area_code, s.ticket from review_sample_cases s
where s.month = %(month)s and (%(areas)s::text[] is null or s.area_code = any(%(areas)s)) order by s.position;
