package enforce

import "testing"

// TestMatchers: each thing that a rule can ask of a call, with a call that has
// it and one that has not.
func TestMatchers(t *testing.T) {
	for _, a := range []act{
		{"syscall", `{name: r, syscalls: [getppid], deny: ELOOP}`, []string{"getppid", "getpgid,0"}, "getppid: 0\ngetpgid: 1\n", []string{"DENIED by r"}},
		{"class", `{name: r, syscalls: ["%file"], path: "$D/**", deny: ELOOP}`, []string{"open,$D/a", "mkdir,$D/x", "unlink,$D/b", "chdir,/"},
			"open: ELOOP\nmkdir: ELOOP\nunlink: ELOOP\nchdir: 0\n", nil},
		{"exact path", `{name: r, syscalls: [open], path: $D/a, deny: ELOOP}`, []string{"open,$D/a", "open,$D/b"}, "open: ELOOP\nB open: 0\n", nil},
		{"list of paths", `{name: r, syscalls: [open], path: [$D/none, $D/a], deny: ELOOP}`, []string{"open,$D/a", "open,$D/b"}, "open: ELOOP\nB open: 0\n", nil},
		{"directory", `{name: r, syscalls: [open], path: $D/sub/**, deny: ELOOP}`, []string{"open,$D/sub/x/y", "open,$D/sub", "open,$D/a"},
			"open: ELOOP\nopen: ELOOP\nA open: 0\n", nil},
		{"glob", `{name: r, syscalls: [open], path: "$D/[a-c]*", deny: ELOOP}`, []string{"open,$D/a", "open,$D/bcd", "open,$D/none", "open,$D/a/x"},
			"open: ELOOP\nopen: ELOOP\nopen: ENOENT\nopen: ENOTDIR\n", nil},
		{"regular expression", `{name: r, syscalls: [open], path: "~^$D/(a|x+)$", deny: ELOOP}`, []string{"open,$D/a", "open,$D/xx", "open,$D/b"},
			"open: ELOOP\nopen: ELOOP\nB open: 0\n", nil},
		{"not", `{name: r, syscalls: [open], path: "!$D/**", flags: {any: [O_WRONLY]}, deny: ELOOP}`, []string{"open,/dev/null,1", "open,$D/a,1"}, "open: ELOOP\nopen: 0\n", nil},
		{"own working directory", `{name: r, syscalls: [open], path: $D/a, deny: ELOOP}`, []string{"chdir,$D/sub", "open,../a", "open,../b"},
			"chdir: 0\nopen: ELOOP\nB open: 0\n", nil},
		{"own directory descriptor", `{name: r, syscalls: [open], path: $D/a, deny: ELOOP}`, []string{"at,$D,a", "at,$D/sub,../a", "at,$D,b"},
			"at: ELOOP\nat: ELOOP\nB at: 0\n", nil},
		{"own root", `{name: r, syscalls: [open], path: $D/a, deny: ELOOP}`, []string{"chroot,$D", "chdir,/", "open,/a", "open,a", "open,/b"},
			"chroot: 0\nchdir: 0\nopen: ELOOP\nopen: ELOOP\nB open: 0\n", nil},
		{"second path", `{name: r, syscalls: [rename, link], path2: $D/x, deny: ELOOP}`, []string{"rename,$D/a,$D/x", "link,$D/b,$D/x", "rename,$D/a,$D/y", "link,$D/y,$D/z"},
			"rename: ELOOP\nlink: ELOOP\nrename: 0\nlink: 0\n", nil},
		{"prefix and port", `{name: r, syscalls: [connect], addr: ["127.1.0.0/16:*", "127.0.0.1:9", "[::1]:9"], deny: ELOOP}`,
			[]string{"connect,127.1.2.3,80", "connect,127.0.0.1,9", "connect,127.0.0.1,1", "connect,::1,9", "connect,::ffff:127.1.0.1,7", "connect,::1,1"},
			"connect: ELOOP\nconnect: ELOOP\nconnect: ECONNREFUSED\nconnect: ELOOP\nconnect: ELOOP\nconnect: ECONNREFUSED\n", nil},
		{"datagrams, also to an unspecified family", `{name: r, syscalls: [connect], addr: "127.1.0.0/16:*", deny: ELOOP}`,
			[]string{"udp,127.1.0.1,9,2", "udp,127.1.0.1,9,0", "udp,127.2.0.1,9,2", "udp,127.2.0.1,9,0"}, "udp: ELOOP\nudp: ELOOP\nudp: 2\nudp: 2\n", nil},
		{"unix socket", `{name: r, syscalls: [connect], addr: ["unix:$D/s*", "unix:@abstract"], deny: ELOOP}`,
			[]string{"unix,$D/sock", "unix,@abstract", "unix,$D/none", "unix,@other"}, "unix: ELOOP\nunix: ELOOP\nunix: ENOENT\nunix: ECONNREFUSED\n", nil},
		{"flags", `{name: r, syscalls: [openat], path: $D/**, flags: {any: [O_WRONLY, O_RDWR], none: [O_APPEND]}, deny: ELOOP}`,
			[]string{"open,$D/a,1", "open,$D/a,2", "open,$D/a,0x401", "open,$D/a"}, "open: ELOOP\nopen: ELOOP\nopen: 0\nA open: 0\n", nil},
		{"all flags", `{name: r, syscalls: [openat], flags: {all: [O_CREAT, O_EXCL]}, deny: ELOOP}`,
			[]string{"open,$D/x,0xc1", "open,$D/x,0x41"}, "open: ELOOP\nopen: 0\n", nil},
		{"argument values", `{name: r, syscalls: [dup2], args: {0: {eq: 1}, 1: {mask: 0xfe, min: 8, max: 10}}, deny: ELOOP}`,
			[]string{"dup2,1,8", "dup2,1,11", "dup2,1,12", "dup2,0,8"}, "dup2: ELOOP\ndup2: ELOOP\ndup2: 12\ndup2: 8\n", nil},
		{"uid", `{name: r, syscalls: [getpgid], uid: [nobody], deny: ELOOP}`, []string{"getpgid,0", "seteuid,65534", "getpgid,0"},
			"getpgid: 1\nseteuid: 0\ngetpgid: 0\n", []string{"DENIED by r"}},
		{"gid", `{name: r, syscalls: [getpgid], gid: 4242, deny: ELOOP}`, []string{"getpgid,0", "setegid,4242", "getpgid,0"},
			"getpgid: 1\nsetegid: 0\ngetpgid: 0\n", []string{"DENIED by r"}},
		{"exe", `{name: r, syscalls: [getpgid], exe: "~/acts$", deny: ELOOP}, {name: s, syscalls: [getppid], exe: /bin/true, deny: ELOOP}`, []string{"getpgid,0", "getppid"},
			"getpgid: 0\ngetppid: 1\n", []string{"DENIED by r"}},
		{"comm", `{name: r, syscalls: [getpgid], comm: other, deny: ELOOP}`, []string{"getpgid,0", "comm,other", "getpgid,0"},
			"getpgid: 1\ncomm: 0\ngetpgid: 0\n", []string{"DENIED by r"}},
		{"when", `{name: r, syscalls: [chdir], when: 2..4+2, deny: ELOOP}`, []string{"chdir,/", "chdir,/", "chdir,/", "chdir,/", "chdir,/", "chdir,/"},
			"chdir: 0\nchdir: ELOOP\nchdir: 0\nchdir: ELOOP\nchdir: 0\nchdir: 0\n", nil},
		{"when counts what matches", `{name: r, syscalls: [open], path: $D/a, when: 2+, deny: ELOOP}`, []string{"open,$D/b", "open,$D/a", "open,$D/b", "open,$D/a"},
			"B open: 0\nA open: 0\nB open: 0\nopen: ELOOP\n", nil},
		{"first match wins", `{name: r, syscalls: [open], path: $D/a, allow: true}, {name: s, syscalls: [open], path: $D/**, deny: ELOOP}`, []string{"open,$D/a", "open,$D/b"},
			"A open: 0\nopen: ELOOP\n", nil},
	} {
		t.Run(a.name, func(t *testing.T) { a.run(t) })
	}
}
