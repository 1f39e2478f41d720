-- $1 shard, $2 account: how many webhooks of which service
SELECT service, count(*) FROM callhook.webhook
WHERE shard = $1 AND account_id = $2
GROUP BY service
