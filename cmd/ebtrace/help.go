package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"
)

const usage = `Usage: ebtrace [OPTION]... [--] PROG [ARG]...
       ebtrace [OPTION]... -p PID
       ebtrace doctor
       ebtrace policy check|explain|test FILE [CALL]

Shows the system calls and signals of a process and of all it starts, without
stopping any of them, unless a rule asks for that. Needs root, or CAP_BPF,
CAP_PERFMON and CAP_SYS_PTRACE.
`

const afterOptions = `
Classes: %file %process %network %signal %ipc %desc %memory %creds %clock %pure
  %stat %lstat %fstat %%stat %statfs %fstatfs %%statfs
Exit status: the command's; 125 if ebtrace fails, 126 if the command cannot be
  run, 127 if it is not found. Without a command 1 if ebtrace fails, 130 after
  an interrupt.
'ebtrace doctor' tells what this kernel and this user can do.
`

// helpColumn is where the help of an option begins.
const helpColumn = 34

// printHelp writes the help text.
func printHelp(w io.Writer) error {
	var b strings.Builder
	b.WriteString(usage)
	for _, g := range groups {
		fmt.Fprintf(&b, "\n%s\n", g.title)
		for i := range g.flags {
			if f := &g.flags[i]; f.help != "" {
				helpLines(&b, f)
			}
		}
	}
	b.WriteString(afterOptions)
	_, err := io.WriteString(w, b.String())
	return err
}

func helpLines(b *strings.Builder, f *flagDef) {
	head := "  " + f.spelled()
	for line := range strings.SplitSeq(f.help, "\n") {
		if len(head) >= helpColumn {
			fmt.Fprintf(b, "%s\n", head)
			head = ""
		}
		fmt.Fprintf(b, "%-*s%s\n", helpColumn, head, line)
		head = ""
	}
}

// spelled is how an option is written, such as "-p, --pid PID".
func (f *flagDef) spelled() string {
	switch {
	case f.long == "" && f.arg != "":
		return "-" + f.short + " " + f.arg
	case f.long == "":
		return "-" + f.short
	}
	s := "    --" + f.long
	if f.short != "" {
		s = "-" + f.short + ", --" + f.long
	}
	if f.arg != "" && f.arg[0] != '[' {
		s += " "
	}
	return s + f.arg
}

// version is that of the module, as the Go tool recorded it at build time.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if v == "" || v == "(devel)" {
		v = "devel"
	}
	return v + " (" + info.GoVersion + ")"
}
