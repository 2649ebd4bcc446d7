// Developer tools: generators and checkers. The main module needs none of them.
module github.com/ebtrace/ebtrace/tools

go 1.26.0

tool github.com/cilium/ebpf/cmd/bpf2go

require (
	github.com/cilium/ebpf v0.22.0 // indirect
	golang.org/x/sys v0.43.0 // indirect
)
