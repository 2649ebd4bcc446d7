package policy

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ebtrace/ebtrace/decode/table"
)

// always are calls that a program needs whether it was seen to make them or
// not: to end, to come back from a signal, and what a restarted call becomes.
var always = []string{"exit", "exit_group", "rt_sigreturn", "restart_syscall"}

// Policy writes a policy that allows what was learned and denies the rest.
func (l *Learned) Policy(w io.Writer, from string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Learned from %s: %d calls. What it allows is what was seen; read it before you rely on it.\n",
		strings.ToValidUTF8(strings.Map(printable, from), "?"), len(l.calls))
	b.WriteString("version: 1\nrules:\n")
	free := maps.Clone(l.calls)
	for kind := range l.paths {
		for call := range l.kinds[kind] {
			delete(free, call)
		}
	}
	for call := range l.addrs {
		delete(free, call)
	}
	for _, kind := range slices.Sorted(maps.Keys(l.paths)) {
		l.pathRule(&b, kind)
	}
	for _, call := range slices.Sorted(maps.Keys(l.addrs)) {
		if l.without[call] {
			free[call] = true
			continue
		}
		writeRule(&b, call, []string{call}, "addr", slices.Sorted(maps.Keys(l.addrs[call])))
	}
	for _, c := range l.always() {
		free[c] = true
	}
	writeRule(&b, "calls", slices.Sorted(maps.Keys(free)), "", nil)
	b.WriteString("  - {name: rest, syscalls: [all], deny: EPERM}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return '?'
	}
	return r
}

// always returns what is allowed besides what was seen.
func (l *Learned) always() []string {
	all := slices.Clone(always)
	if l.calls["clone3"] && l.abi.String() != "" { // which a policy refuses, so that programs use this
		all = append(all, "clone")
	}
	return slices.DeleteFunc(all, func(c string) bool { _, ok := table.Number(l.abi, c); return !ok })
}

// pathRule writes the rule of one kind of access, and one for what its calls
// do to descriptors alone.
func (l *Learned) pathRule(b *strings.Builder, kind string) {
	calls := slices.Sorted(maps.Keys(l.kinds[kind]))
	paths := l.patterns(kind)
	flags := ""
	if kind == "read" {
		flags = "    flags: {none: [O_WRONLY, O_RDWR, O_CREAT, O_TRUNC]}\n"
	}
	var empty []string
	for _, c := range calls {
		if l.without[c] && slices.Contains(emptyPath, c) {
			empty = append(empty, c)
		}
	}
	writeRule(b, kind, calls, "path", paths)
	b.WriteString(flags)
	if len(empty) > 0 {
		writeRule(b, kind+"-descriptors", empty, "", nil)
		b.WriteString("    flags: {all: [AT_EMPTY_PATH]}\n")
	}
}

// emptyPath are calls that look at a descriptor if AT_EMPTY_PATH says so.
var emptyPath = []string{"newfstatat", "statx", "fchownat", "linkat", "execveat"}

// crowd is how many names of one directory become a pattern of all.
const crowd = 16

// patterns are the paths of a kind, as patterns: names with a random part, and
// directories of which many were used, stand for all names there.
func (l *Learned) patterns(kind string) []string {
	dirs := map[string]int{}
	for p := range l.paths[kind] {
		dirs[path.Dir(p)]++
	}
	all := map[string]bool{}
	for p := range l.paths[kind] {
		dir := path.Dir(p)
		switch made := l.madeAbove(p); {
		case made == p, made == "" && dirs[dir] >= crowd && dir != "/":
			all[strings.TrimSuffix(literal(dir), "/")+"/*"] = true
		case made != "":
			all[strings.TrimSuffix(literal(path.Dir(made)), "/")+"/**"] = true
		default:
			all[literal(p)] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// madeAbove is p or the directory above it whose name is another one the next time.
func (l *Learned) madeAbove(p string) string {
	for at := p; at != "/" && at != "."; at = path.Dir(at) {
		if l.made[at] {
			return at
		}
	}
	return ""
}

// literal is a path as a pattern. What was made a pattern of /proc stays one.
func literal(p string) string {
	head := ""
	if rest, ok := strings.CutPrefix(p, "/proc/*"); ok {
		head, p = "/proc/*", rest
	}
	return head + strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(p)
}

// writeRule writes a rule that allows.
func writeRule(b *strings.Builder, name string, calls []string, key string, values []string) {
	if len(calls) == 0 {
		return
	}
	fmt.Fprintf(b, "  - name: %s\n    allow: true\n    syscalls: [%s]\n", name, strings.Join(calls, ", "))
	if key == "" {
		return
	}
	fmt.Fprintf(b, "    %s:\n", key)
	for _, v := range values {
		fmt.Fprintf(b, "      - %s\n", strconv.Quote(v))
	}
}

// profile is a seccomp profile as container runtimes read it
// (github.com/opencontainers/runtime-spec, config-linux.md, "Seccomp").
type profile struct {
	DefaultAction   string         `json:"defaultAction"`
	DefaultErrnoRet int            `json:"defaultErrnoRet"`
	Architectures   []string       `json:"architectures"`
	Syscalls        []profileCalls `json:"syscalls"`
}

type profileCalls struct {
	Names  []string `json:"names"`
	Action string   `json:"action"`
}

// runtimeCalls are what a runtime itself calls after it has installed the
// profile, and before the program is there.
var runtimeCalls = []string{"execve", "futex", "close", "write", "prctl", "capget", "capset", "chdir", "setuid", "setgid", "setgroups", "getppid", "fstat", "newfstatat", "openat", "read", "getdents64", "fcntl"}

// Profile writes a seccomp profile: by the names of the calls alone, which is
// all that such a profile can say of paths and addresses.
func (l *Learned) Profile(w io.Writer) error {
	arch := map[table.ABI]string{table.AMD64: "SCMP_ARCH_X86_64", table.ARM64: "SCMP_ARCH_AARCH64"}[l.abi]
	names := maps.Clone(l.calls)
	for _, c := range slices.Concat(l.always(), runtimeCalls) {
		if _, ok := table.Number(l.abi, c); ok {
			names[c] = true
		}
	}
	const eperm = 1
	p := profile{"SCMP_ACT_ERRNO", eperm, []string{arch}, []profileCalls{{slices.Sorted(maps.Keys(names)), "SCMP_ACT_ALLOW"}}}
	b, err := json.MarshalIndent(&p, "", "\t")
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}
