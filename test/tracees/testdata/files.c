/* Paths, open flags and modes: ordinary, at page ends, absent, bad, unknown. */
#include "tracee.h"
#include <sys/stat.h>

static void paths(void)
{
	const char *p;

	CALL(access, "/nowhere", F_OK);
	expect("access(\"/nowhere\", F_OK)", result());
	CALL(access, p = tail("/nowhere", 9), R_OK | W_OK | X_OK);
	expect("access(\"/nowhere\", R_OK|W_OK|X_OK)", result());
	CALL(access, p = tail("/nowhere", 8), R_OK); /* the NUL would be on the unmapped page */
	expect(text("access(%p, R_OK)", p), result());
	CALL(access, p = cold("/cold/path", 11), F_OK);
	expect("access(\"/cold/path\", F_OK)", result());
	CALL(access, p = untouched(4096), F_OK);
	expect("access(\"\", F_OK)", result());
	CALL(access, NULL, F_OK);
	expect("access(NULL, F_OK)", result());
	CALL(access, bad(), F_OK);
	expect(text("access(%s, F_OK)", ptr(bad())), result());
	CALL(access, (char *)-1L, F_OK);
	expect(text("access(%s, F_OK)", ptr((void *)-1L)), result());
	CALL(access, "/", 0xffffffff);
	expect("access(\"/\", R_OK|W_OK|X_OK|0xfffffff8)", result());
	CALL(access, "/", 0x80);
	expect("access(\"/\", 0x80 /* ?_OK */)", result());
	CALL(access, "/a\n\t\"\\\001\0379\0037\3770", F_OK);
	expect("access(\"/a\\n\\t\\\"\\\\\\1\\379\\0037\\3770\", F_OK)", result());
}

static void long_path(void)
{
	static char p[5000];

	memset(p, 'x', sizeof p - 1);
	p[0] = '/';
	CALL(access, p, F_OK);
	expect(text("access(\"%.4095s\"..., F_OK)", p), result());
	p[4095] = 0;
	CALL(access, p, F_OK);
	expect(text("access(\"%s\", F_OK)", p), result());
}

static void opens(void)
{
	CALL(openat, AT_FDCWD, "/nowhere", O_RDONLY);
	expect("openat(AT_FDCWD, \"/nowhere\", O_RDONLY)", result());
	CALL(openat, AT_FDCWD, "/nowhere/x", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	expect("openat(AT_FDCWD, \"/nowhere/x\", O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0644)", result());
	CALL(openat, -1, "nowhere", O_RDWR | O_CREAT | O_TRUNC, 04755);
	expect("openat(-1, \"nowhere\", O_RDWR|O_CREAT|O_TRUNC, 04755)", result());
	CALL(openat, 77, "nowhere", O_DIRECTORY | O_NOFOLLOW | O_PATH);
	expect("openat(77, \"nowhere\", O_RDONLY|O_NOFOLLOW|O_PATH|O_DIRECTORY)", result());
	CALL(openat, AT_FDCWD, "/nowhere", 3);
	expect("openat(AT_FDCWD, \"/nowhere\", O_ACCMODE)", result());
	CALL(openat, AT_FDCWD, "/nowhere", O_NONBLOCK | O_APPEND | 0x40000000);
	expect("openat(AT_FDCWD, \"/nowhere\", O_RDONLY|O_APPEND|O_NONBLOCK|0x40000000)", result());
	CALL(openat, AT_FDCWD, "/nowhere/", O_RDWR | O_TMPFILE, 0600);
	expect("openat(AT_FDCWD, \"/nowhere/\", O_RDWR|O_TMPFILE, 0600)", result());
	CALL(openat, AT_FDCWD, "/", O_RDONLY);
	expect("openat(AT_FDCWD, \"/\", O_RDONLY)", result());
	CALL(close, ret);
	expect(text("close(3)"), result());
}

static void names(void)
{
	char buf[64], *p;

	CALL(symlinkat, "target", AT_FDCWD, "tracee-link");
	expect("symlinkat(\"target\", AT_FDCWD, \"tracee-link\")", result());
	CALL(readlinkat, AT_FDCWD, "tracee-link", buf, sizeof buf);
	expect("readlinkat(AT_FDCWD, \"tracee-link\", \"target\", 64)", result());
	CALL(readlinkat, AT_FDCWD, "tracee-link", buf, 3);
	expect("readlinkat(AT_FDCWD, \"tracee-link\", \"tar\", 3)", result());
	CALL(readlinkat, AT_FDCWD, "tracee-link", buf, 0);
	expect(text("readlinkat(AT_FDCWD, \"tracee-link\", %p, 0)", buf), result());
	CALL(readlinkat, AT_FDCWD, "tracee-link", p = untouched(4096), 4096);
	expect("readlinkat(AT_FDCWD, \"tracee-link\", \"target\", 4096)", result());
	CALL(readlinkat, AT_FDCWD, "/nowhere", buf, sizeof buf);
	expect(text("readlinkat(AT_FDCWD, \"/nowhere\", %p, 64)", buf), result());
	CALL(renameat2, AT_FDCWD, "tracee-link", AT_FDCWD, "tracee-link2", 1);
	expect("renameat2(AT_FDCWD, \"tracee-link\", AT_FDCWD, \"tracee-link2\", RENAME_NOREPLACE)", result());
	CALL(renameat2, AT_FDCWD, "/nowhere", -1, "x", 0xff0);
	expect("renameat2(AT_FDCWD, \"/nowhere\", -1, \"x\", 0xff0 /* RENAME_?? */)", result());
	CALL(unlinkat, AT_FDCWD, "tracee-link2", 0);
	expect("unlinkat(AT_FDCWD, \"tracee-link2\", 0)", result());
	CALL(unlinkat, AT_FDCWD, "/nowhere", AT_REMOVEDIR);
	expect("unlinkat(AT_FDCWD, \"/nowhere\", AT_REMOVEDIR)", result());
	CALL(linkat, AT_FDCWD, "/nowhere", AT_FDCWD, NULL, AT_SYMLINK_FOLLOW);
	expect("linkat(AT_FDCWD, \"/nowhere\", AT_FDCWD, NULL, AT_SYMLINK_FOLLOW)", result());
	CALL(mkdirat, AT_FDCWD, "/nowhere/x", 01777);
	expect("mkdirat(AT_FDCWD, \"/nowhere/x\", 01777)", result());
	CALL(mknodat, AT_FDCWD, "/nowhere/x", S_IFCHR | 0600, 0x103);
	expect("mknodat(AT_FDCWD, \"/nowhere/x\", S_IFCHR|0600, makedev(0x1, 0x3))", result());
	CALL(mknodat, AT_FDCWD, "/nowhere/x", S_IFIFO | 0600, 0);
	expect("mknodat(AT_FDCWD, \"/nowhere/x\", S_IFIFO|0600)", result());
	CALL(fchmodat, AT_FDCWD, "/nowhere", 0);
	expect("fchmodat(AT_FDCWD, \"/nowhere\", 000)", result());
	CALL(fchownat, AT_FDCWD, "/nowhere", -1, 5, AT_SYMLINK_NOFOLLOW);
	expect("fchownat(AT_FDCWD, \"/nowhere\", -1, 5, AT_SYMLINK_NOFOLLOW)", result());
	CALL(umask, 027);
	ret = 022;
	expect("umask(027)", "022");
}

static void stats(void)
{
	void *st = untouched(4096);

	CALL(statx, AT_FDCWD, "/nowhere", AT_SYMLINK_NOFOLLOW | AT_STATX_FORCE_SYNC, STATX_TYPE | STATX_SIZE, st);
	expect(text("statx(AT_FDCWD, \"/nowhere\", AT_STATX_FORCE_SYNC|AT_SYMLINK_NOFOLLOW, STATX_TYPE|STATX_SIZE, %p)", st), result());
	CALL(statx, AT_FDCWD, "/", 0, 0, bad());
	expect(text("statx(AT_FDCWD, \"/\", AT_STATX_SYNC_AS_STAT, 0, %p)", bad()), result());
#ifdef __x86_64__
	CALL(stat, "/dev/null", st);
	expect("stat(\"/dev/null\", {st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...})", result());
	CALL(stat, "/dev/null", bad());
	expect(text("stat(\"/dev/null\", %p)", bad()), result());
	CALL(lstat, "/proc/self/exe", st);
	expect("lstat(\"/proc/self/exe\", {st_mode=S_IFLNK|0777, st_size=0, ...})", result());
	CALL(fstat, -1, st);
	expect(text("fstat(-1, %p)", st), result());
#endif
}

int main(void)
{
	umask(022);
	start();
	paths();
	long_path();
	opens();
	names();
	stats();
	return finish();
}
