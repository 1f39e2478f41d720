-- $1 shard, $2 account, $3 attempts before this id go
DELETE FROM callhook.attempt a
WHERE a.shard = $1 AND a.id < $3 AND a.webhook_id IN (
    SELECT v.webhook_id FROM callhook.webhook_version v WHERE v.shard = $1 AND v.account_id = $2)
