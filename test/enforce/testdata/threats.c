/*
 * threats.c CASE SECRET OPEN [ROUNDS] - tries to read the file SECRET, which rules keep
 * from it, in the way that CASE names; OPEN it may read. Prints ESCAPED if it
 * could, else ENFORCED.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/filter.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ioctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *secret, *allowed;
static int rounds = 20000;

static int verdict(int escaped)
{
	printf("%s\n", escaped ? "ESCAPED" : "ENFORCED");
	return escaped;
}

/* Does fd give the secret, whose content begins with S? */
static int leaks(int fd)
{
	char c = 0;
	if (fd < 0)
		return 0;
	int n = pread(fd, &c, 1, 0);
	close(fd);
	return n == 1 && c == 'S';
}

static int in_child(long pid)
{
	int st = 0;
	if (pid == 0)
		_exit(leaks(open(secret, O_RDONLY)));
	if (pid < 0)
		return 0;
	waitpid(pid, &st, __WALL);
	return WIFEXITED(st) && WEXITSTATUS(st) == 1;
}

static int untraced(void) { return in_child(syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0)); }

static int untraced3(void)
{
	struct clone_args a = {.flags = CLONE_UNTRACED, .exit_signal = SIGCHLD};
	return in_child(syscall(SYS_clone3, &a, sizeof(a)));
}

static int int80(void)
{
	int ret;
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	strcpy(low, secret);
	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(5), "b"(low), "c"(O_RDONLY), "d"(0) : "memory", "r8", "r9", "r10", "r11");
	return leaks(ret);
}

static int x32(void) { return leaks(syscall(0x40000000 | SYS_open, secret, O_RDONLY)); }

static int io_uring(void)
{
	char params[120] = {0};
	int fd = syscall(SYS_io_uring_setup, 4, params);
	return fd >= 0;
}

static int listener(void)
{
	struct sock_filter allow = {0x06, 0, 0, SECCOMP_RET_ALLOW};
	struct sock_fprog prog = {1, &allow};
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog) >= 0;
}

static int uffd(void) { return syscall(SYS_userfaultfd, O_CLOEXEC) >= 0; }

/* A path in memory that nobody fills must not stop who reads it. */
static int stall(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register reg = {.range = {(uintptr_t)page, 4096}, .mode = UFFDIO_REGISTER_MODE_MISSING};
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg))
		return 1;
	return open(page, O_RDONLY) >= 0 || !leaks(open(allowed, O_RDONLY)) == 0;
}

/* The kernel takes an int: what stands above its bits is nobody's. */
static int highbits(void)
{
	return syscall(SYS_kill, getpid() | 1UL << 40, 0x1234500000000UL) == 0 || syscall(SYS_mkdir, "highbits.d", 0x50000 | 0777) == 0;
}

static volatile char path[4096];
static volatile int stop;

/* The two names differ in their last letter only. */
static void *flip(void *end)
{
	volatile char *p = path + strlen((char *)path) - 1;
	char x = secret[strlen(secret) - 1] ^ allowed[strlen(allowed) - 1];
	while (!stop)
		*p ^= x;
	return NULL;
}

static int flip_opens(int n)
{
	pthread_t t;
	int leaked = 0, opened = 0;
	strcpy((char *)path, allowed);
	pthread_create(&t, NULL, flip, NULL);
	for (int i = 0; i < n; i++) {
		int fd = open((char *)path, O_RDONLY);
		opened += fd >= 0;
		leaked += leaks(fd);
	}
	stop = 1;
	return leaked || !opened;
}

static int flips(void) { return flip_opens(rounds); }
static int fewflips(void) { return flip_opens(100); }

static void *relink(void *link)
{
	char tmp[4096];
	snprintf(tmp, sizeof(tmp), "%s.new", (char *)link);
	for (int i = 0; !stop; i++) {
		unlink(tmp);
		symlinkat(i & 1 ? secret : allowed, AT_FDCWD, tmp);
		rename(tmp, link);
	}
	return NULL;
}

/* The name stays, what it links to changes. */
static int symlinks(void)
{
	char link[4096];
	snprintf(link, sizeof(link), "%s.link", allowed);
	pthread_t t;
	pthread_create(&t, NULL, relink, link);
	int leaked = 0;
	for (int i = 0; i < rounds && !leaked; i++)
		leaked += leaks(open(link, O_RDONLY));
	stop = 1;
	return leaked;
}

/* Can the memory that the rules' copies are in be changed? */
static int sealed(void)
{
	char line[512];
	uintptr_t from = 0, to = 0;
	close(open(allowed, O_RDONLY));
	FILE *f = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), f))
		if (strstr(line, "/memfd:"))
			sscanf(line, "%lx-%lx", &from, &to);
	fclose(f);
	if (!from)
		return 1;
	void *p = (void *)from;
	size_t n = to - from;
	int mem = open("/proc/self/mem", O_RDWR), bad = 0;
	bad |= pwrite(mem, "x", 1, from) == 1;
	bad |= mprotect(p, n, PROT_READ | PROT_WRITE) == 0;
	bad |= mmap(p, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
	bad |= mremap(p, n, n, MREMAP_MAYMOVE | MREMAP_FIXED, (char *)p + (64 << 20)) != MAP_FAILED;
	snprintf(line, sizeof(line), "/proc/self/map_files/%lx-%lx", from, to);
	int fd = open(line, O_RDWR);
	if (fd >= 0) {
		bad |= pwrite(fd, "x", 1, 0) == 1;
		bad |= ftruncate(fd, 0) == 0;
		bad |= mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED;
	}
	bad |= syscall(SYS_remap_file_pages, p, 4096, 0, 1, 0) == 0;
	bad |= madvise(p, n, MADV_REMOVE) == 0;
	bad |= shmat(shmget(IPC_PRIVATE, n, 0600), p, SHM_REMAP) != (void *)-1;
	bad |= munmap(p, n) == 0;
	return bad;
}

/* Without its tracer the process must not get anywhere. */
static int orphan(void)
{
	char line[256];
	int pid = 0;
	FILE *f = fopen("/proc/self/status", "r");
	while (fgets(line, sizeof(line), f))
		sscanf(line, "TracerPid: %d", &pid);
	fclose(f);
	if (pid)
		kill(pid, SIGKILL);
	for (int i = 0; i < 100; i++) {
		if (leaks(open(secret, O_RDONLY)))
			return 1;
		usleep(10000);
	}
	return 0;
}

/* Many names of one file. */
static int spellings(void)
{
	char dir[4096], dots[4200], name[9000], *base;
	strcpy(dir, secret);
	base = strrchr(dir, '/');
	*base++ = 0;
	int n = 0, leaked = 0, tried = 0, dfd = open(dir, O_RDONLY | O_DIRECTORY), root = open("/", O_PATH);
	const char *forms[] = {
		"%s/%s", "/%s/%s", "%s//%s", "%s/./%s", "%s/././%s", "%s/sub/../%s", "%s/sub/.././%s", "/proc/self/root%s/%s",
		"/proc/thread-self/root%s/%s", "/proc/self/root/proc/self/root%s/%s", "/../..%s/%s", "%s/to-secret", "%s/to-to-secret",
		"%s/relative", "%s/to-dir/%s", "%s/to-dir/to-dir/%s", "%s/to-dir/to-secret", "%s/sub/up/%s", "/dev/fd/../root%s/%s",
		"%s/sub/../to-dir/./%s", "%s/.//sub/..//%s", "%s/to-proc%s/%s",
	};
	snprintf(dots, sizeof(dots), "%s", dir);
	for (unsigned i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (strstr(forms[i], "to-proc"))
			snprintf(name, sizeof(name), forms[i], dir, dir, base);
		else
			snprintf(name, sizeof(name), forms[i], dir, base);
		int fd = open(name, O_RDONLY);
		tried++;
		if (leaks(fd)) {
			fprintf(stderr, "leak: %s\n", name);
			leaked++;
		}
		leaked += leaks(open(name, O_RDWR));
		leaked += leaks(syscall(SYS_open, name, O_RDONLY));
	}
	struct { uint64_t flags, mode, resolve; } how = {O_RDONLY, 0, 0};
	leaked += leaks(openat(dfd, base, O_RDONLY));
	leaked += leaks(openat(root, secret + 1, O_RDONLY));
	leaked += leaks(syscall(SYS_openat2, dfd, base, &how, sizeof(how)));
	leaked += leaks(syscall(SYS_openat2, AT_FDCWD, secret, &how, sizeof(how)));
	how.resolve = 0x10; /* RESOLVE_IN_ROOT */
	snprintf(name, sizeof(name), "/%s", base);
	leaked += leaks(syscall(SYS_openat2, dfd, name, &how, sizeof(how)));
	int o = open(secret, O_PATH); /* a handle to it, then what it leads to */
	snprintf(name, sizeof(name), "/proc/self/fd/%d", o);
	leaked += leaks(open(name, O_RDONLY));
	snprintf(name, sizeof(name), "/proc/self/fd/%d/%s", dfd, base);
	leaked += leaks(open(name, O_RDONLY));
	snprintf(name, sizeof(name), "/dev/fd/%d/%s", dfd, base);
	leaked += leaks(open(name, O_RDONLY));
	snprintf(name, sizeof(name), "/proc/self/task/%ld/root%s", syscall(SYS_gettid), secret);
	leaked += leaks(open(name, O_RDONLY));
	n = chdir(dir);
	leaked += leaks(open(base, O_RDONLY)) + leaks(open("./to-secret", O_RDONLY)) + leaks(open("/proc/self/cwd/to-secret", O_RDONLY));
	snprintf(name, sizeof(name), "/proc/self/cwd/%s", base);
	leaked += leaks(open(name, O_RDONLY));
	snprintf(name, sizeof(name), "%s.moved", allowed);
	if (rename(secret, name) == 0) {
		leaked++;
		rename(name, secret);
	}
	if (link(secret, name) == 0) {
		leaked++;
		unlink(name);
	}
	if (chroot(dir) == 0 && n == 0) {
		snprintf(name, sizeof(name), "/%s", base);
		leaked += leaks(open(name, O_RDONLY)) + leaks(open("/sub/../to-dir/../relative", O_RDONLY));
	}
	fprintf(stderr, "%d leaks\n", leaked);
	return leaked > 0 || tried == 0;
}

int main(int argc, char **argv)
{
	static const struct { const char *name; int (*f)(void); } cases[] = {
		{"spellings", spellings}, {"flips", flips}, {"fewflips", fewflips}, {"symlinks", symlinks}, {"sealed", sealed}, {"untraced", untraced},
		{"untraced3", untraced3}, {"int80", int80}, {"x32", x32}, {"io_uring", io_uring}, {"listener", listener},
		{"uffd", uffd}, {"orphan", orphan}, {"highbits", highbits}, {"stall", stall},
	};
	secret = argv[2];
	allowed = argv[3];
	if (argc > 4)
		rounds = atoi(argv[4]);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (strcmp(argv[1], cases[i].name) == 0)
			return verdict(cases[i].f());
	return 2;
}
