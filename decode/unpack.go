package decode

import "github.com/ebtrace/ebtrace/decode/table"

// Some calls of i386 pass the address of their arguments (sys_socketcall in
// net/socket.c, sys_old_mmap and sys_old_select in the kernel). They are shown
// as the call that they stand for.

// socketCalls are by the first argument of socketcall, of linux/net.h. It has
// no row for SYS_SEND and SYS_RECV: only there they are calls of their own.
var socketCalls = [...]string{
	1: "socket", 2: "bind", 3: "connect", 4: "listen", 5: "accept", 6: "getsockname", 7: "getpeername",
	8: "socketpair", 11: "sendto", 12: "recvfrom", 13: "shutdown", 14: "setsockopt", 15: "getsockopt",
	16: "sendmsg", 17: "recvmsg", 18: "accept4", 19: "recvmmsg", 20: "sendmmsg",
}

// unpack returns the row of the call that row stands for and takes over its
// arguments; row itself if it is no such call or they were not captured.
func (d *Decoder) unpack(row *table.Row) *table.Row {
	if d.abi != table.I386 {
		return row
	}
	name, p := "", uint64(uint32(d.regs[0]))
	switch row.Name {
	case "mmap", "select":
		name = row.Name
	case "ipc":
		return d.unpackIPC(row)
	case "socketcall":
		if c := uint32(d.regs[0]); c < uint32(len(socketCalls)) {
			name = socketCalls[c]
		}
		p = uint64(uint32(d.regs[1]))
	}
	if name == "" {
		return row
	}
	target := rowNamed(name)
	if target == nil {
		return row
	}
	size := 4 * len(target.Args)
	m := d.readAt(p, size, false)
	if !m.whole() {
		return row
	}
	d.regs = [6]uint64{}
	for i := range len(target.Args) {
		d.regs[i] = m.uint(4*i, 4)
	}
	return target.Variant(table.I386, d.regs)
}

// rowNamed is the row of a call that takes its arguments in registers: that of
// the ABI itself or, where it has none, of another with the same arguments.
func rowNamed(name string) *table.Row {
	for _, abi := range []table.ABI{table.AMD64, table.I386} {
		if nr, ok := table.Number(abi, name); ok {
			if row := table.Lookup(abi, nr); row != nil && len(row.Args) <= maxArgs {
				return row
			}
		}
	}
	return nil
}
