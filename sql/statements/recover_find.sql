-- The next attempts of a webhook after which a delivery was given up and not taken up again.
-- $1 shard, $2 webhook, $3 after this attempt, $4 before this one, $5 a call's start is told only
-- of events from this one on, $6 attempts looked at, $7 limit.  The last one looked at is told even
-- when it is not good: there the next step begins.
SELECT a.id, a.delivery_id, a.event_id, a.kind, a.account_id, a.service, a.call_id, a.good,
       a.looked_at = $6 AS last
-- include recover_next
WHERE a.good OR a.looked_at = $6
ORDER BY a.id
LIMIT $7
