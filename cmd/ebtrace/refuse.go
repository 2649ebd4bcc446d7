package main

import "fmt"

// refusal is an option that a strace user may try and ebtrace does not have,
// with the reason.
type refusal struct {
	short, long string
	arg         string // as in flagDef
	reason      string
}

var refused = []refusal{
	{"b", "detach-on", "SYSCALL", "to leave programs that a process starts untraced, use --no-follow"},
	{"d", "debug", "", "to see what this kernel lets ebtrace do, run 'ebtrace doctor'"},
	{"D", "daemonize", "[=HOW]", "to trace a process that is not ebtrace's child, start it first and use -p PID"},
	{"k", "stack-traces", "[=HOW]", "stack traces are not supported yet"},
	{"N", "arg-names", "", "names of arguments are not supported yet in text; --json has them"},
	{"O", "summary-syscall-overhead", "OVERHEAD", "times are taken in the kernel, there is no overhead to take off"},
	{"", "kvm", "SET", "exit reasons of virtual CPUs are not supported"},
	{"", "namespace", "SET", "decoding of namespaces is not supported yet"},
	{"", "read", "SET", "dumps of what is read are not supported yet; -s N shows more of each string"},
	{"", "write", "SET", "dumps of what is written are not supported yet; -s N shows more of each string"},
	{"", "secontext", "[=HOW]", "SELinux contexts are not supported yet"},
	{"", "kill-on-exit", "", "ebtrace leaves what it traces running, always"},
	{"", "syscall-limit", "N", "a limit of calls is not supported yet"},
	{"", "color", "[=WHEN]", "colours are not supported yet"},
	{"", "pidns-translation", "", "translation of process ids between namespaces is not supported yet"},
}

// err is the refusal of an option that was written as the given name.
func (r *refusal) err(name string) error {
	return fmt.Errorf("%s is not available: %s", name, r.reason)
}

// def makes the option known, so that it is refused by name.
func (r *refusal) def() *flagDef {
	name := "--" + r.long
	if r.short != "" {
		name = "-" + r.short + "/" + name
	}
	return &flagDef{short: r.short, long: r.long, arg: r.arg, set: func(*options, string) error { return r.err(name) }}
}

// refusedQualifiers are the qualifiers of -e that are options of the same name.
var refusedQualifiers = map[string]string{
	"kvm": "kvm", "namespace": "namespace",
	"read": "read", "reads": "read", "r": "read", "write": "write", "writes": "write", "w": "write",
	"secontext": "secontext",
}

// refuseQualifier returns the refusal of -e NAME=, nil if it is none.
func refuseQualifier(name string) error {
	long, ok := refusedQualifiers[name]
	if !ok {
		return nil
	}
	for i := range refused {
		if refused[i].long == long {
			return refused[i].err("-e " + name + "=")
		}
	}
	return nil
}
