-- +goose Up

-- What customers who stay away say of their latest visit is counted apart, on a page of its own (decision 0100). The
-- days on which they answered are counted anew; 1 is a number that no mark has.
-- Older programs may write on: what they fold of such a survey counts with the others until it is folded again.
INSERT INTO cell_marks (bucket, day, site, flow, seq)
    SELECT DISTINCT bucket, day, site, flow, 1 FROM read_sessions
    WHERE flow = 'lost_customer' AND answered > 0 AND NOT test AND level BETWEEN 1 AND 7 AND length(day) = 10 AND class IN ('transactional', 'relationship')
    ON CONFLICT (bucket, day, site, flow) DO UPDATE SET seq = CASE WHEN cell_marks.seq <= 0 THEN cell_marks.seq ELSE 1 END;
UPDATE read_sessions SET class = 'lost' WHERE flow = 'lost_customer';
