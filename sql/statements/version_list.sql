-- $1 shard, $2 account, $3 webhook, $4 before this version, $5 limit
SELECT v.version, v.action, v.who, v.at, v.settings, v.address, v.request_id
FROM callhook.webhook_version v
WHERE v.shard = $1 AND v.webhook_id = $3 AND v.account_id = $2 AND v.version < $4
ORDER BY v.version DESC
LIMIT $5
