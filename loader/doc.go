// Package loader puts the kernel half into the kernel and reads what it
// writes: it loads, probes, attaches, drains and closes, and knows nothing of
// text. Only this package and bpf import cilium/ebpf.
package loader
