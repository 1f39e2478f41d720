#ifndef API_METRICSDB_H
#define API_METRICSDB_H

struct buf;
struct db;

/*
 * Writes what the database says of queue, tables and senders; when it does
 * not answer, only that (callhook_database_up 0).
 */
void metricsdb_show(struct db *db, struct buf *out);

#endif
