-- Waits for lock_timeout; the end of the session frees it.
SELECT pg_advisory_lock(25448, -1)
