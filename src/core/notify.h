#ifndef CORE_NOTIFY_H
#define CORE_NOTIFY_H

/*
 * sd_notify(3) without libsystemd: sends state ("READY=1", "STATUS=…") to
 * $NOTIFY_SOCKET; does nothing without it.
 */
void notify_send(const char *state);

#endif
