// Package bpf is the kernel half, compiled, and the Go view of its wire and
// its maps, both generated from the C sources in this folder by bpf2go.
package bpf
