// Package enforce stops chosen calls of a tree of processes before the kernel
// runs them, and decides: let it run, let it fail, answer it, delay it, signal
// or kill. It is the only package that uses ptrace, and only in a process of
// its own (Serve), so that the observer beside it needs no right to trace and
// an error there cannot stop enforcement.
//
// A launched command is stopped by a seccomp filter at the calls that rules
// name; every other call pays for the filter alone. What was decided comes as
// Verdicts, in the order of the calls of each thread: the call as it was asked
// for, as a record of package events, and what became of it.
package enforce
