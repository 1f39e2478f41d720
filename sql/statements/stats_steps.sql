-- What was sent, step by step.  $1 shard, $2 account, $3 webhook or NULL: all, $4 service or NULL: both,
-- $5 from this hour on, $6 before this hour, $7 minutes east of UTC, $8 minutes of a step
SELECT ((h.hour * 60 + $7) / $8)::integer, sum(h.delivered)::bigint, sum(h.failed)::bigint,
       sum(h.attempts)::bigint, sum(h.failed_attempts)::bigint, sum(h.answer_us)::bigint,
       sum(h.buckets[1])::bigint, sum(h.buckets[2])::bigint, sum(h.buckets[3])::bigint, sum(h.buckets[4])::bigint,
       sum(h.buckets[5])::bigint, sum(h.buckets[6])::bigint, sum(h.buckets[7])::bigint, sum(h.buckets[8])::bigint,
       sum(h.buckets[9])::bigint, sum(h.buckets[10])::bigint, sum(h.buckets[11])::bigint, sum(h.buckets[12])::bigint,
       sum(h.buckets[13])::bigint, sum(h.buckets[14])::bigint, sum(h.buckets[15])::bigint, sum(h.buckets[16])::bigint,
       sum(h.buckets[17])::bigint, sum(h.buckets[18])::bigint, sum(h.buckets[19])::bigint, sum(h.buckets[20])::bigint
FROM callhook.webhook_hour h
WHERE h.shard = $1 AND h.account_id = $2 AND h.hour >= $5 AND h.hour < $6
  AND ($3::uuid IS NULL OR h.webhook_id = $3) AND ($4::smallint IS NULL OR h.service = $4)
GROUP BY 1
