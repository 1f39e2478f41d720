-- $1 shard, $2 epoch; then by service, hour, account and webhook (each once, in the order of the
-- key): $3 to $6; $7 delivered, $8 failed, $9 attempts, $10 of them failed, $11 time of the answers,
-- $12 the buckets of all, 20 each (hook/latency.h)
INSERT INTO callhook.webhook_hour (shard, service, hour, account_id, webhook_id, delivered, failed,
    attempts, failed_attempts, answer_us, buckets)
SELECT s.shard, u.service, u.hour, u.account_id, u.webhook_id, u.delivered, u.failed,
       u.attempts, u.failed_attempts, u.answer_us, ($12::integer[])[20 * u.n - 19 : 20 * u.n]
FROM callhook.shard_owner s,
     unnest($3::smallint[], $4::integer[], $5::bigint[], $6::uuid[], $7::bigint[], $8::bigint[],
            $9::bigint[], $10::bigint[], $11::bigint[]) WITH ORDINALITY
     AS u (service, hour, account_id, webhook_id, delivered, failed, attempts, failed_attempts, answer_us, n)
WHERE s.shard = $1 AND s.epoch = $2
ON CONFLICT (shard, account_id, hour, webhook_id) DO UPDATE
SET delivered = webhook_hour.delivered + excluded.delivered,
    failed = webhook_hour.failed + excluded.failed,
    attempts = webhook_hour.attempts + excluded.attempts,
    failed_attempts = webhook_hour.failed_attempts + excluded.failed_attempts,
    answer_us = webhook_hour.answer_us + excluded.answer_us,
    buckets = ARRAY[webhook_hour.buckets[1] + excluded.buckets[1], webhook_hour.buckets[2] + excluded.buckets[2],
                    webhook_hour.buckets[3] + excluded.buckets[3], webhook_hour.buckets[4] + excluded.buckets[4],
                    webhook_hour.buckets[5] + excluded.buckets[5], webhook_hour.buckets[6] + excluded.buckets[6],
                    webhook_hour.buckets[7] + excluded.buckets[7], webhook_hour.buckets[8] + excluded.buckets[8],
                    webhook_hour.buckets[9] + excluded.buckets[9], webhook_hour.buckets[10] + excluded.buckets[10],
                    webhook_hour.buckets[11] + excluded.buckets[11], webhook_hour.buckets[12] + excluded.buckets[12],
                    webhook_hour.buckets[13] + excluded.buckets[13], webhook_hour.buckets[14] + excluded.buckets[14],
                    webhook_hour.buckets[15] + excluded.buckets[15], webhook_hour.buckets[16] + excluded.buckets[16],
                    webhook_hour.buckets[17] + excluded.buckets[17], webhook_hour.buckets[18] + excluded.buckets[18],
                    webhook_hour.buckets[19] + excluded.buckets[19], webhook_hour.buckets[20] + excluded.buckets[20]]
