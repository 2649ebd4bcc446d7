/* execve: argv and envp whole, empty, NULL, at page ends, with bad members. */
#include "tracee.h"

int main(void)
{
	char *many[40], *argv[] = { "one", "two\n", "", NULL }, *bad_member[] = { "a", NULL, NULL }, *empty[] = { NULL };
	char long_arg[64];
	void *end;

	memset(long_arg, 'l', 63);
	long_arg[63] = 0;
	for (int i = 0; i < 39; i++)
		many[i] = "m";
	many[39] = NULL;
	start();
	CALL(execve, "/nowhere", argv, empty);
	expect(text("execve(\"/nowhere\", [\"one\", \"two\\n\", \"\"], %p /* 0 vars */)", empty), result());
	CALL(execve, "/nowhere", tail(argv, sizeof argv), argv);
	expect(text("execve(\"/nowhere\", [\"one\", \"two\\n\", \"\"], %p /* 3 vars */)", argv), result());
	CALL(execve, "/nowhere", (char *[]){ long_arg, NULL }, empty);
	expect(text("execve(\"/nowhere\", [\"%.32s\"...], %p /* 0 vars */)", long_arg, empty), result());
	CALL(execve, "/nowhere", empty, NULL);
	expect("execve(\"/nowhere\", [], NULL)", result());
	CALL(execve, "/nowhere", NULL, NULL);
	expect("execve(\"/nowhere\", NULL, NULL)", result());
	CALL(execve, "/nowhere", bad(), bad());
	expect(text("execve(\"/nowhere\", %p, %p)", bad(), bad()), result());
	CALL(execve, NULL, empty, empty);
	expect(text("execve(NULL, [], %p /* 0 vars */)", empty), result());
	bad_member[1] = bad();
	CALL(execve, "/nowhere", bad_member, empty);
	expect(text("execve(\"/nowhere\", [\"a\", %p], %p /* 0 vars */)", bad(), empty), result());
	end = tail(argv, 2 * sizeof *argv); /* no NULL before the page ends */
	CALL(execve, "/nowhere", end, empty);
	expect(text("execve(\"/nowhere\", [\"one\", \"two\\n\", ... /* %p */], %p /* 0 vars */)", (char *)end + 2 * sizeof *argv, empty), result());
	CALL(execve, "/nowhere", many, empty);
	expect(text("execve(\"/nowhere\", [\"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", "
		"\"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", \"m\", ...], "
		"%p /* 0 vars */)", empty), result());
	CALL(execveat, -1, "nowhere", argv, empty, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
	expect(text("execveat(-1, \"nowhere\", [\"one\", \"two\\n\", \"\"], %p /* 0 vars */, AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH)", empty), result());
	return finish();
}
