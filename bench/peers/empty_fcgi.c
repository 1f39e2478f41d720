/*
 * A yardstick: the least that a libfcgi program behind the same nginx can
 * do.  Prefork workers accept, read the body, answer 202 and forget.
 * Usage: empty_fcgi SOCKET WORKERS
 */
#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
serve(int fd)
{
	FCGX_Request r;
	char body[65536];

	signal(SIGTERM, SIG_DFL);
	FCGX_InitRequest(&r, fd, 0);
	while (FCGX_Accept_r(&r) == 0) {
		while (FCGX_GetStr(body, sizeof(body), r.in) > 0)
			;
		FCGX_PutS("Status: 202 Accepted\r\n"
		    "Content-Type: application/json\r\n\r\n"
		    "{\"id\":\"x\",\"deliveries\":2,\"duplicate\":false}", r.out);
		r.keepConnection = 0;
		FCGX_Detach(&r);
		FCGX_Finish_r(&r);
	}
	_exit(0);
}

int
main(int argc, char **argv)
{
	long workers;
	int fd;

	if (argc != 3 || (workers = strtol(argv[2], NULL, 10)) < 1 ||
	    workers > 64) {
		fprintf(stderr, "usage: empty_fcgi SOCKET WORKERS\n");
		return 2;
	}
	FCGX_Init();
	if ((fd = FCGX_OpenSocket(argv[1], 4096)) == -1 ||
	    chmod(argv[1], 0666) == -1) {
		perror(argv[1]);
		return 1;
	}
	for (; workers > 0; workers--) {
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(fd);
		}
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
