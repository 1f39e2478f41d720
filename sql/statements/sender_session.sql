-- A settled delivery that a crash forgets is sent twice, never lost.
SET synchronous_commit = off
