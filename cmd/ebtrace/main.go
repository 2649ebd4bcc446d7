// Command ebtrace shows the system calls, signals, forks and exits of a tree of
// processes, without stopping any of them: the kernel half is a set of BPF
// programs. Its text is strace's.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
)

func main() {
	// Garbage is not worth collecting before the trace begins: see trace.begin.
	debug.SetGCPercent(-1)
	if name := helperName(); name != "" {
		debug.SetGCPercent(100)
		os.Exit(helper(name))
	}
	os.Exit(run(os.Args[1:]))
}

// run does what the arguments ask for and returns the exit status.
func run(args []string) int {
	if len(args) == 1 && args[0] == "doctor" {
		return doctor(os.Stdout)
	}
	if len(args) > 0 && args[0] == "policy" {
		return policyCommand(os.Stdout, args[1:])
	}
	o, err := parseArgs(args)
	switch {
	case err != nil:
		say("%v", err)
		return exitAttach
	case o.help:
		return printed(printHelp(os.Stdout))
	case o.version:
		_, err := fmt.Println("ebtrace -- version " + version())
		return printed(err)
	}
	return start(o)
}

// printed is the exit status after printing to standard output.
func printed(err error) int {
	if err != nil {
		say("Can't write to standard output: %v", plain(err))
		return exitAttach
	}
	return 0
}
