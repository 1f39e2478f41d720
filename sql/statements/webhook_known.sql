-- Had the account this webhook ever?  $1 shard, $2 account, $3 webhook
SELECT EXISTS (SELECT FROM callhook.webhook_version v
               WHERE v.shard = $1 AND v.webhook_id = $3 AND v.account_id = $2)
