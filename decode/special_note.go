package decode

import "github.com/ebtrace/ebtrace/decode/table"

// Notes after results: names for what a call returned as a number. The text
// of each was observed with strace 6.1.

// Commands of fcntl(2) whose result has a note, of linux/fcntl.h.
const (
	fGetFD    = 1
	fGetFL    = 3
	fGetSig   = 11
	fGetLease = 1025
	fGetSeals = 1034
)

// fcntlNote: (flags FD_CLOEXEC), (flags O_RDWR), (SIGIO), (F_UNLCK),
// (seals F_SEAL_SEAL); of zero only F_GETFL's and F_GETLEASE's mean something.
func fcntlNote(d *Decoder) {
	cmd := d.arg(1)
	if d.errno != 0 || d.ret == 0 && cmd != fGetFL && cmd != fGetLease {
		return
	}
	v := uint64(d.ret)
	switch cmd {
	case fGetFD:
		d.addSet(Flags, "flags", setFDFlags, v)
	case fGetFL:
		d.addSet(Flags, "flags", setOpen, v)
	case fGetSig:
		d.add(Signal, "", v)
	case fGetLease:
		d.addSet(Enum, "", setLockTypes, v)
	case fGetSeals:
		d.addSet(Flags, "seals", setSeals, v)
	}
}

func signalNote(d *Decoder) {
	if d.errno == 0 {
		d.add(Signal, "", uint64(d.ret))
	}
}

// personalityNote: personality returns the one before.
func personalityNote(d *Decoder) {
	if d.errno == 0 {
		d.addSet(Flags, "", setPersonality, uint64(uint32(d.ret)))
	}
}

func schedNote(d *Decoder) {
	if d.errno == 0 {
		d.addSet(Flags, "", setSched, uint64(d.ret))
	}
}

func timexNote(d *Decoder) {
	if d.errno == 0 {
		d.addSet(Enum, "", setTimexState, uint64(d.ret))
	}
}

// membarrierNote: the commands that there are, a set of them.
func membarrierNote(d *Decoder) {
	if d.errno == 0 {
		d.addSet(Flags, "", setMembarrier, uint64(d.ret))
	}
}

// ioprioNote and ioprioArg show a priority as its class and the rest of it
// (IOPRIO_CLASS_SHIFT of linux/ioprio.h).

func ioprioNote(d *Decoder) {
	if d.errno == 0 {
		d.ioprio("", uint64(d.ret))
	}
}

func ioprioArg(d *Decoder, a *table.Arg, i int) bool {
	d.ioprio(a.Name, uint64(uint32(d.arg(i))))
	return true
}

func (d *Decoder) ioprio(name string, v uint64) {
	const shift = 13
	i := d.openText(Func, name, "IOPRIO_PRIO_VALUE")
	d.addSet(Enum, "", setIoprioClass, v>>shift)
	d.add(Uint, "", v&(1<<shift-1))
	d.close(i)
	d.nodes[i].Num = v
}

// Options of prctl(2) that are decoded here, of linux/prctl.h.
const (
	prGetDumpable        = 3
	prSetName            = 15
	prSetSeccomp         = 22
	prGetSecurebits      = 27
	prMCEKillGet         = 34
	prGetSpeculationCtrl = 52
	prGetTaggedAddrCtrl  = 56
)

// prctlNote: what the results of some options mean.
func prctlNote(d *Decoder) {
	if d.errno != 0 {
		return
	}
	v := uint64(d.ret)
	switch d.arg(0) {
	case prGetDumpable:
		d.addSet(Enum, "", setDumpable, v)
	case prMCEKillGet:
		d.addSet(Enum, "", setMCEPolicy, v)
	case prGetSpeculationCtrl:
		d.addSet(Flags, "", setSpecCtrl, v)
	case prGetSecurebits:
		if v != 0 {
			d.addSet(Flags, "", setSecurebits, v)
		}
	case prGetTaggedAddrCtrl:
		if v != 0 {
			d.addSet(Flags, "", setTagged, v)
		}
	}
}

// taskCommLen is TASK_COMM_LEN of linux/sched.h: of a longer name the rest is
// not looked at.
const taskCommLen = 16

// prctlArg2 cuts the name of PR_SET_NAME where the kernel does.
func prctlArg2(d *Decoder, a *table.Arg, i int) bool {
	if d.arg(0) != prSetName {
		return false
	}
	n := len(d.nodes)
	d.decodeArg(a, d.arg(i))
	if v := &d.nodes[n]; v.Kind == Str && len(v.Bytes) >= taskCommLen {
		v.Bytes, v.Want = v.Bytes[:taskCommLen-1], 0
		v.Flags |= FlagCut
	}
	return true
}

// seccompFilter is SECCOMP_MODE_FILTER of linux/seccomp.h: the only mode with
// an argument.
const seccompFilter = 2

// prctlArg3 shows the argument of PR_SET_SECCOMP as a filter only if it is one.
func prctlArg3(d *Decoder, a *table.Arg, i int) bool {
	if d.arg(0) != prSetSeccomp || d.arg(1) == seccompFilter {
		return false
	}
	d.add(Hex, a.Name, d.arg(i))
	return true
}

// fprogStruct decodes a struct sock_fprog: the length of a filter and where it
// is (linux/filter.h).
func fprogStruct(d *Decoder, name string, _ *table.Struct, m mem) {
	if !m.has(0, 2*d.word) {
		d.addMem(name, m)
		return
	}
	i := d.open(Struct, name)
	d.add(Uint, "len", m.uint(0, 2))
	d.addPtr("filter", m.uint(d.word, d.word), 0)
	d.close(i)
}

// capV1 is _LINUX_CAPABILITY_VERSION_1: sets of 32 bits. Later versions have
// another 32 after them.
const capV1 = 0x19980330

// capDataStruct decodes the sets of capget and capset.
func capDataStruct(d *Decoder, name string, _ *table.Struct, m mem) {
	version := uint64(0)
	if h := d.readAt(d.arg(0), 4, false); h.whole() {
		version = h.uint(0, 4)
	}
	words := 2
	if version == capV1 {
		words = 1
	}
	if !m.has(0, 12*words) {
		d.addMem(name, m)
		return
	}
	i := d.open(Struct, name)
	for k, set := range [3]string{"effective", "permitted", "inheritable"} {
		high := uint64(0)
		if words == 2 {
			high = m.uint(12+4*k, 4)
		}
		d.capMask(set, m.uint(4*k, 4), high)
	}
	d.close(i)
}

// capMask appends a set of capabilities: 1<<CAP_CHOWN|1<<CAP_BPF.
func (d *Decoder) capMask(name string, low, high uint64) {
	switch {
	case high == 0:
		d.addSet(Flags, name, setCapMask0, low)
	case low == 0:
		d.addSet(Flags, name, setCapMask1, high)
	default:
		i := d.open(Or, name)
		d.nodes[i].Num = high<<32 | low
		d.addSet(Flags, "", setCapMask0, low)
		d.addSet(Flags, "", setCapMask1, high)
		d.close(i)
	}
}
