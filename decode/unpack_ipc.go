package decode

import "github.com/ebtrace/ebtrace/decode/table"

// Calls behind i386's ipc (sys_ipc in ipc/syscall.c), by the low half of its
// first argument; numbers of linux/ipc.h.
const (
	ipcSemop      = 1
	ipcSemget     = 2
	ipcSemctl     = 3
	ipcSemtimedop = 4
	ipcMsgsnd     = 11
	ipcMsgrcv     = 12
	ipcMsgget     = 13
	ipcMsgctl     = 14
	ipcShmat      = 21
	ipcShmdt      = 22
	ipcShmget     = 23
	ipcShmctl     = 24
)

// unpackIPC is unpack for ipc: most calls have their arguments in registers,
// in another order.
func (d *Decoder) unpackIPC(row *table.Row) *table.Row {
	r := d.regs
	first, second, third, ptr, fifth := r[1], r[2], r[3], r[4], r[5]
	name, regs := "", [6]uint64{}
	switch r[0] & 0xffff {
	case ipcSemop:
		name, regs = "semop", [6]uint64{first, ptr, second}
	case ipcSemget:
		name, regs = "semget", [6]uint64{first, second, third}
	case ipcSemctl: // the last argument is behind the pointer
		if m := d.readAt(uint64(uint32(ptr)), 4, false); m.whole() {
			name, regs = "semctl", [6]uint64{first, second, third, m.uint(0, 4)}
		}
	case ipcSemtimedop:
		name, regs = "semtimedop", [6]uint64{first, ptr, second, fifth}
	case ipcMsgsnd:
		name, regs = "msgsnd", [6]uint64{first, ptr, second, third}
	case ipcMsgrcv: // the buffer and the type are behind the pointer, in version 0
		if m := d.readAt(uint64(uint32(ptr)), 8, false); m.whole() && uint32(r[0])>>16 == 0 {
			name, regs = "msgrcv", [6]uint64{first, m.uint(0, 4), second, m.uint(4, 4), third}
		}
	case ipcMsgget:
		name, regs = "msgget", [6]uint64{first, second}
	case ipcMsgctl:
		name, regs = "msgctl", [6]uint64{first, second, ptr}
	case ipcShmat: // the address is behind the third argument
		name, regs = "shmat", [6]uint64{first, ptr, second}
		if m := d.readAt(uint64(uint32(third)), 4, true); d.ended && d.errno == 0 && m.whole() {
			d.ret = int64(m.uint(0, 4))
		}
	case ipcShmdt:
		name, regs = "shmdt", [6]uint64{ptr}
	case ipcShmget:
		name, regs = "shmget", [6]uint64{first, second, third}
	case ipcShmctl:
		name, regs = "shmctl", [6]uint64{first, second, ptr}
	}
	target := rowNamed(name)
	if name == "" || target == nil {
		return row
	}
	d.regs = regs
	return target.Variant(table.I386, d.regs)
}
