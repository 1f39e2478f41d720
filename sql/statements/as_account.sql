-- A template: SET takes no parameters; db.c fills in a checked integer.
SET LOCAL callhook.account_id = '%lld'
