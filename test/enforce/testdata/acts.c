/*
 * acts.c OP... - makes one call for each operand, NAME or NAME,ARG,ARG, and
 * prints its name, its result, and what errno became if it failed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char *arg[4];

static long num(int i) { return strtol(arg[i], NULL, 0); }

/* Opens a file and prints its first line. */
static long op_open(void)
{
	char line[64] = "";
	long fd = syscall(SYS_openat, AT_FDCWD, arg[1], arg[2] ? (int)num(2) : O_RDONLY, 0600);
	if (fd < 0)
		return fd;
	if (read(fd, line, sizeof(line) - 1) > 0)
		printf("%.*s ", (int)strcspn(line, "\n"), line);
	close(fd);
	return 0;
}

static long op_connect(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(num(2))};
	struct sockaddr_in6 b = {.sin6_family = AF_INET6, .sin6_port = htons(num(2))};
	int six = inet_pton(AF_INET, arg[1], &a.sin_addr) != 1;
	if (six)
		inet_pton(AF_INET6, arg[1], &b.sin6_addr);
	int s = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
	long r = six ? connect(s, (void *)&b, sizeof(b)) : connect(s, (void *)&a, sizeof(a));
	int e = errno;
	char line[64] = "";
	if (r == 0 && read(s, line, sizeof(line) - 1) > 0)
		printf("%.*s ", (int)strcspn(line, "\n"), line);
	close(s);
	errno = e;
	return r;
}

/* Sends a datagram to an address of a family that need not be AF_INET. */
static long op_udp(void)
{
	struct sockaddr_in a = {.sin_family = num(3), .sin_port = htons(num(2))};
	struct iovec v = {"x", 1};
	struct msghdr m = {.msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &v, .msg_iovlen = 1};
	inet_pton(AF_INET, arg[1], &a.sin_addr);
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	long r = sendto(s, "x", 1, 0, (void *)&a, sizeof(a));
	if (r == 1)
		r += sendmsg(s, &m, 0);
	int e = errno;
	close(s);
	errno = e;
	return r;
}

static long op_unix(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	strncpy(a.sun_path, arg[1], sizeof(a.sun_path) - 1);
	socklen_t n = offsetof(struct sockaddr_un, sun_path) + strlen(arg[1]) + 1;
	if (arg[1][0] == '@') {
		a.sun_path[0] = 0;
		n--;
	}
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	long r = connect(s, (void *)&a, n);
	int e = errno;
	char line[64] = "";
	if (r == 0 && read(s, line, sizeof(line) - 1) > 0)
		printf("%.*s ", (int)strcspn(line, "\n"), line);
	close(s);
	errno = e;
	return r;
}

static long op_exec(void)
{
	pid_t pid = fork();
	int st;
	if (pid == 0) {
		execl(arg[1], arg[1], (char *)NULL);
		_exit(errno);
	}
	waitpid(pid, &st, 0);
	if (WIFSIGNALED(st))
		return 1000 + WTERMSIG(st);
	errno = WEXITSTATUS(st);
	return errno ? -1 : 0;
}

/* Gives up the rights of a set-user-id program; prints whether it has. */
static long op_drop(void)
{
	long r = setuid(getuid());
	printf("%s ", geteuid() == getuid() ? "dropped" : "kept");
	return r;
}

static long op_rename(void) { return rename(arg[1], arg[2]); }
static long op_link(void) { return link(arg[1], arg[2]); }
static long op_unlink(void) { return unlink(arg[1]); }
static long op_mkdir(void) { return mkdir(arg[1], 0700); }
static long op_chdir(void) { return chdir(arg[1]); }
static long op_chroot(void) { return chroot(arg[1]); }
static long op_getppid(void) { return syscall(SYS_getppid) > 0; }
static long op_getpgid(void) { return syscall(SYS_getpgid, (int)num(1)) > 0; }
static long op_dup2(void) { return dup2(num(1), num(2)); }
static long op_seteuid(void) { return syscall(SYS_setresuid, -1, (int)num(1), -1); }
static long op_setegid(void) { return syscall(SYS_setresgid, -1, (int)num(1), -1); }
static long op_comm(void) { return prctl(PR_SET_NAME, arg[1]); }

/* Opens a path relative to a directory. */
static long op_at(void)
{
	int dir = open(arg[1], O_PATH | O_DIRECTORY);
	char line[64] = "";
	long fd = openat(dir, arg[2], O_RDONLY);
	int e = errno;
	if (fd >= 0 && read(fd, line, sizeof(line) - 1) > 0)
		printf("%.*s ", (int)strcspn(line, "\n"), line);
	close(fd);
	close(dir);
	errno = e;
	return fd < 0 ? fd : 0;
}

static const struct { const char *name; long (*f)(void); } ops[] = {
	{"open", op_open}, {"connect", op_connect}, {"unix", op_unix}, {"udp", op_udp}, {"exec", op_exec}, {"drop", op_drop}, {"rename", op_rename},
	{"link", op_link}, {"unlink", op_unlink}, {"mkdir", op_mkdir}, {"chdir", op_chdir}, {"chroot", op_chroot},
	{"getppid", op_getppid}, {"getpgid", op_getpgid}, {"dup2", op_dup2}, {"seteuid", op_seteuid}, {"setegid", op_setegid},
	{"comm", op_comm}, {"at", op_at},
};

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *rest = strdup(argv[i]);
		memset(arg, 0, sizeof(arg));
		for (int n = 0; n < 4; n++)
			arg[n] = strsep(&rest, ",");
		for (unsigned k = 0; k < sizeof(ops) / sizeof(*ops); k++) {
			if (strcmp(ops[k].name, arg[0]))
				continue;
			errno = 0;
			long r = ops[k].f();
			if (r < 0)
				printf("%s: %s\n", arg[0], strerrorname_np(errno));
			else
				printf("%s: %ld\n", arg[0], r);
			fflush(stdout);
		}
	}
	return 0;
}
