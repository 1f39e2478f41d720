SELECT pg_try_advisory_lock(25448, -2)
