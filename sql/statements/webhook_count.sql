-- $1 shard, $2 account, $3 service
SELECT count(*) FROM callhook.webhook
WHERE shard = $1 AND account_id = $2 AND service = $3
