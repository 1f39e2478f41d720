SET LOCAL callhook.scope = 'events'
