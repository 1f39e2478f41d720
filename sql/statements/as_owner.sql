SET LOCAL ROLE callhook_owner
