-- $1 id: forgets older attempts that no partition took
DELETE FROM callhook.attempt_default WHERE id < $1
