-- $1 shard, $2 account, $3 event
SELECT e.id, e.service, e.kind, e.occurred_at, e.call_id, e.data
FROM callhook.event e
WHERE e.shard = $1 AND e.account_id = $2 AND e.id = $3
