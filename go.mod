module github.com/ebtrace/ebtrace

go 1.26.0

require (
	github.com/cilium/ebpf v0.22.0
	github.com/spf13/pflag v1.1.0
	golang.org/x/sys v0.49.0
)

require go.yaml.in/yaml/v3 v3.0.6
