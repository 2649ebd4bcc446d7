// Package ebtrace is the root of a tracer for Linux process trees that is
// transparent to what it traces. The command is cmd/ebtrace; the library is in
// packages loader, events, decode and decode/output. This file holds the only
// list of target architectures and all that is generated.
package ebtrace

//go:generate go tool -modfile=tools/go.mod bpf2go -cc clang-19 -strip llvm-strip-19 -go-package bpf -output-dir bpf -target amd64,arm64 -no-global-types -type eb_kind -type eb_abi -type eb_flag -type eb_rec -type eb_call -type eb_fork -type eb_exec -type eb_end -type eb_signal -type eb_slot -type eb_state -type eb_sec_kind -type eb_sec_flag -type eb_sec -type eb_fd_flag -type eb_fdinfo -type eb_op_kind -type eb_when -type eb_len -type eb_op -type eb_plan_flag -type eb_plan -type eb_variant_key -type eb_count -type eb_want -type eb_filter -type eb_path_key -type eb_attached Trace bpf/trace.bpf.c -- -O2 -mcpu=v3 -Wall -Werror -Ibpf -I/usr/include/bpf -g
//go:generate go tool -modfile=tools/go.mod bpf2go -cc clang-19 -strip llvm-strip-19 -go-package bpf -output-dir bpf -target amd64,arm64 -no-global-types -type eb_kind -type eb_layer -type eb_context -type eb_work_flag -type eb_work -type eb_vfs_op -type eb_net_op -type eb_peer -type eb_vfs_point -type eb_role -type eb_works Vfs bpf/vfs.bpf.c -- -O2 -mcpu=v3 -Wall -Werror -Ibpf -I/usr/include/bpf -g
//go:generate go tool -modfile=tools/go.mod bpf2go -cc clang-19 -strip llvm-strip-19 -go-package bpf -output-dir bpf -target amd64,arm64 -no-global-types -type eb_net_op -type eb_net_point -type eb_net_role -type eb_addr_range Net bpf/net.bpf.c -- -O2 -mcpu=v3 -Wall -Werror -Ibpf -I/usr/include/bpf -g
//go:generate go tool -modfile=tools/go.mod bpf2go -cc clang-19 -strip llvm-strip-19 -go-package bpf -output-dir bpf -target amd64,arm64 -no-global-types -type eb_request -type eb_ran -type eb_request_flag -type eb_request_op -type eb_request_op_flag -type eb_uring_lost -type eb_complete_shape -type eb_uring_point Uring bpf/uring.bpf.c -- -O2 -mcpu=v3 -Wall -Werror -Ibpf -I/usr/include/bpf -g
//go:generate go run -C tools ./gentables
