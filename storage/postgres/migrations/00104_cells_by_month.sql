-- +goose Up

-- What the sums by day of a month add up to stands beside them, as a day "m2026-03" (decision 0102): whoever writes
-- a day adds its month up anew in the same transaction. Programs from before would not, and are refused.
-- Whoever counts now holds its lease: it is waited for, and counts no more with what it knew before.
UPDATE leases SET epoch = epoch + 1 WHERE name = 'cells';
INSERT INTO cells (bucket, dim, site, day, flow, service, staff, language, channel, l1, l2, l3, l4, l5, l6, l7)
    SELECT bucket, dim, site, 'm' || substr(day, 1, 7), flow, service, staff, language, channel,
        sum(l1), sum(l2), sum(l3), sum(l4), sum(l5), sum(l6), sum(l7)
    FROM cells WHERE length(day) = 10 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;
INSERT INTO cell_questions (bucket, site, day, flow, question, n, score_sum, score_squares)
    SELECT bucket, site, 'm' || substr(day, 1, 7), flow, question, sum(n), sum(score_sum), sum(score_squares)
    FROM cell_questions WHERE length(day) = 10 GROUP BY 1, 2, 3, 4, 5;
UPDATE buckets SET protocol = 11;
