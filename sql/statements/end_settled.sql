-- $1 shard, $2 event key of a call's end, $3 webhook: is the end known and no longer owed?
SELECT EXISTS (SELECT FROM callhook.event_key k WHERE k.shard = $1 AND k.key = $2)
   AND NOT EXISTS (SELECT FROM callhook.event_key k
                   JOIN callhook.outbox o ON o.shard = k.shard AND o.webhook_id = $3
                                         AND o.event_id = k.event_id
                   WHERE k.shard = $1 AND k.key = $2)
