SET LOCAL callhook.scope = 'auth'
