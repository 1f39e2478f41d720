/*
 * The master key file, under which secrets of webhooks are stored: makes it
 * for setup, looks at it for check.  The key itself is core/vault.c's.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/vault.h"
#include "ctl/ctl.h"

#define GROUP "callhook"

/* For the daemons, when we are root; otherwise it stays the caller's. */
static int
give_away(const char *path)
{
	const struct group *group = getgrnam(GROUP);

	if (geteuid() != 0 || group == NULL)
		return 0;
	return chown(path, 0, group->gr_gid) < 0 || chmod(path, 0640) < 0 ?
	    -1 : 0;
}

/*
 * The folder of path, the last of its parts only.  It is open: only the key is
 * not, and whoever runs check or setup may see that there is one.
 */
static int
make_folder(const char *path)
{
	char *folder = strdup(path), *slash;
	int rc = -1;

	if (folder == NULL)
		return -1;
	slash = strrchr(folder, '/');
	if (slash == folder)
		rc = 0;
	else if (slash != NULL) {
		*slash = '\0';
		rc = mkdir(folder, 0755);
		if (rc == 0)
			rc = chmod(folder, 0755);	/* whatever the umask */
		else if (errno == EEXIST)
			rc = 0;
	}
	free(folder);
	return rc;
}

int
ctl_master_make(const char *path, bool dry_run)
{
	struct stat st;
	int rc;

	if (stat(path, &st) == 0) {
		puts("master key is there");
		return CTL_OK;
	}
	if (errno == EACCES) {	/* in a folder that only root may open */
		ctl_say("cannot look for the master key %s: %s", path,
		    strerror(errno));
		return CTL_FAILED;
	}
	if (dry_run) {
		printf("-- makes the master key %s\n", path);
		return CTL_OK;
	}
	if (make_folder(path) < 0)
		rc = ERR_IO;
	else
		rc = vault_make(path);
	if (rc == 0 && give_away(path) < 0) {
		rc = ERR_IO;
		(void)unlink(path);
	}
	if (rc < 0) {
		ctl_say("cannot make the master key %s: %s", path,
		    rc == ERR_IO ? strerror(errno) : err_text((enum err)rc));
		return CTL_FAILED;
	}
	printf("made the master key %s: keep a copy of it apart from the "
	    "database's\n", path);
	return CTL_OK;
}

const char *
ctl_master_check(const char *path, struct buf *text)
{
	struct vault *vault = NULL;
	struct stat st;
	int rc;

	if (stat(path, &st) < 0 && errno == ENOENT) {
		buf_fmt(text, "master key: no file %s: webhooks cannot be "
		    "signed; as root: callhookctl setup --key", path);
		return "missing";
	}
	if (access(path, R_OK) < 0) {
		buf_fmt(text, "master key: %s cannot be read from here: %s",
		    path, strerror(errno));
		return "unknown";
	}
	buf_str(text, "master key: ");
	rc = vault_open(path, &vault, text);
	vault_free(vault);
	if (rc < 0) {
		if (rc == ERR_NOMEM)
			buf_str(text, err_text(ERR_NOMEM));
		return "FAILED";
	}
	buf_str(text, path);
	if ((st.st_mode & (S_IROTH | S_IWOTH)) == 0)
		return "ok";
	buf_str(text, ": everybody on this machine may read it");
	return "FAILED";
}
