package decode

import (
	"strconv"

	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/decode/xlat"
)

// Signals whose siginfo has members of its own, the same numbers on every ABI.
const (
	sigILL  = 4
	sigTRAP = 5
	sigBUS  = 7
	sigFPE  = 8
	sigSEGV = 11
	sigCHLD = 17
	sigIO   = 29
	sigSYS  = 31
)

// Codes of asm-generic/siginfo.h that choose the members.
const (
	siUser   = 0
	siKernel = 0x80
	siQueue  = -1
	siTimer  = -2
	siMesgq  = -3
	siSigio  = -5
	siTkill  = -6

	cldExited   = 1
	busMceerrAR = 4
	busMceerrAO = 5
	segvBnderr  = 3
	segvPkuerr  = 4
)

// siginfoArg decodes a siginfo in user memory.
func siginfoArg(d *Decoder, _ *table.Arg, name string, m mem, _ int64) {
	if m.fault || len(m.b) < 12 {
		d.addMem(name, m)
		return
	}
	d.siginfo(name, m)
}

// signalSiginfo decodes the siginfo of an EB_SIGNAL record.
func signalSiginfo(d *Decoder, m mem) { d.siginfo("", m) }

// siginfo appends what m holds of a struct siginfo; members that were not
// captured are 0.
func (d *Decoder) siginfo(name string, m mem) {
	i := d.open(Struct, name)
	defer d.close(i)
	signo := m.uint(0, 4)
	if signo == 0 {
		return
	}
	code := int(m.int(8, 4))
	d.add(Signal, "si_signo", signo)
	d.siCode(signo, code)
	if errno := m.uint(4, 4); errno != 0 {
		d.add(Errno, "si_errno", errno)
	}
	at := 12 // the union, aligned to a pointer
	if d.word == 8 {
		at = 16
	}
	f := mem{addr: m.addr + uint64(at), size: max(m.size-at, 0)}
	if len(m.b) > at {
		f.b = m.b[at:]
	}
	d.siFields(signo, code, &f)
}

// siCode appends si_code: of the signal if it is positive, else of all.
func (d *Decoder) siCode(signo uint64, code int) {
	set := setSICodes
	if code > 0 && code != siKernel {
		set = codesOf(signo)
	}
	v := uint64(uint32(code))
	if name := set.Find(uint8(d.abi), v); name == "" {
		if set.Find(uint8(d.abi), uint64(int64(code))) != "" {
			v = uint64(int64(code))
		} else {
			d.add(Hex, "si_code", v)
			return
		}
	}
	d.addSet(Enum, "si_code", set, v)
}

// codesOf are the names of the codes of one signal.
func codesOf(signo uint64) *xlat.Set {
	switch signo {
	case sigCHLD:
		return setSICHLD
	case sigILL:
		return setSIILL
	case sigFPE:
		return setSIFPE
	case sigSEGV:
		return setSISEGV
	case sigBUS:
		return setSIBUS
	case sigTRAP:
		return setSITRAP
	case sigIO:
		return setSIPOLL
	case sigSYS:
		return setSISYS
	}
	return nil
}

// siFields appends the members after the first three: which, the code says,
// or else the signal (sigaction(2)).
func (d *Decoder) siFields(signo uint64, code int, f *mem) {
	switch code {
	case siUser, siTkill:
		d.siSender(f, true)
		return
	case siTimer:
		d.add(Hex, "si_timerid", f.uint(0, 4))
		d.addInt("si_overrun", f.int(4, 4))
		d.addInt("si_int", f.int(8, 4))
		d.addPtr("si_ptr", f.uint(8, d.word), 0)
		return
	case siSigio:
		d.siPoll(f)
		return
	case siQueue, siMesgq:
		d.siSender(f, true)
		d.sigval(f, 8, "si_int", "si_ptr")
		return
	}
	if code < 0 || !d.siKnown(signo, code, f) {
		d.siSender(f, code < 0)
		d.sigval(f, 8, "si_int", "si_ptr")
	}
}

// siKnown appends the members of a signal that the kernel makes; false if it
// has none of its own.
func (d *Decoder) siKnown(signo uint64, code int, f *mem) bool {
	switch signo {
	case sigCHLD:
		d.siChild(code, f)
	case sigILL, sigFPE, sigSEGV, sigBUS, sigTRAP:
		d.siFault(signo, code, f)
	case sigIO:
		if code <= 6 { // POLL_HUP, the last of them
			d.siPoll(f)
		}
	case sigSYS:
		d.siSys(f)
	default:
		return false
	}
	return true
}

// siSender appends who sent the signal; if nobody is known only if always.
func (d *Decoder) siSender(f *mem, always bool) {
	if pid, uid := f.int(0, 4), f.uint(4, 4); always || pid != 0 || uid != 0 {
		d.add(PID, "si_pid", uint64(pid))
		d.addID("si_uid", uid)
	}
}

// sigval appends a union sigval, as both of its members, if it is not 0.
func (d *Decoder) sigval(f *mem, off int, asInt, asPtr string) {
	if p := f.uint(off, d.word); p != 0 {
		d.addInt(asInt, f.int(off, 4))
		d.addPtr(asPtr, p, 0)
	}
}

func (d *Decoder) siPoll(f *mem) {
	d.addInt("si_band", f.int(0, d.word))
	d.add(FD, "si_fd", uint64(f.int(d.word, 4)))
}

// siChild appends the members of SIGCHLD. The times are in ticks of 10 ms
// (USER_HZ of asm-generic/param.h is 100).
func (d *Decoder) siChild(code int, f *mem) {
	d.siSender(f, true)
	status := f.int(8, 4)
	if code == cldExited || status <= 0 || SignalName(uint64(status)) == "" {
		d.addInt("si_status", status)
	} else {
		d.add(Signal, "si_status", uint64(status))
	}
	at := 12
	if d.word == 8 {
		at = 16
	}
	for _, name := range [2]string{"si_utime", "si_stime"} {
		ticks := f.uint(at, d.word)
		d.add(Uint, name, ticks)
		if ticks != 0 {
			d.last().Text = d.seconds(ticks)
		}
		at += d.word
	}
}

// seconds is "0.96 s" for 96 ticks.
func (d *Decoder) seconds(ticks uint64) string {
	n := len(d.chars)
	d.chars = strconv.AppendUint(d.chars, ticks/100, 10)
	frac := ticks % 100
	d.chars = append(d.chars, '.', '0'+byte(frac/10), '0'+byte(frac%10), ' ', 's')
	return d.textFrom(n)
}

// siFault appends the address of a fault and what some codes add to it.
func (d *Decoder) siFault(signo uint64, code int, f *mem) {
	d.addPtr("si_addr", f.uint(0, d.word), 0)
	switch {
	case signo == sigBUS && (code == busMceerrAR || code == busMceerrAO):
		d.add(Hex, "si_addr_lsb", f.uint(d.word, 2))
	case signo == sigSEGV && code == segvBnderr:
		d.addPtr("si_lower", f.uint(2*d.word, d.word), 0)
		d.addPtr("si_upper", f.uint(3*d.word, d.word), 0)
	case signo == sigSEGV && code == segvPkuerr:
		d.add(Uint, "si_pkey", f.uint(2*d.word, 4))
	}
}

// Architectures of linux/audit.h that si_syscall is a number of.
var auditABI = map[uint64]table.ABI{
	0xc000003e: table.AMD64,
	0xc00000b7: table.ARM64,
	0x40000003: table.I386,
}

// siSys appends the members of SIGSYS; the call by name.
func (d *Decoder) siSys(f *mem) {
	d.addPtr("si_call_addr", f.uint(0, d.word), 0)
	nr, arch := f.int(d.word, 4), f.uint(d.word+4, 4)
	name := ""
	if abi, ok := auditABI[arch]; ok {
		name = d.nameOf(abi, int32(nr))
	}
	if name == "" {
		d.add(Uint, "si_syscall", uint64(uint32(nr)))
	} else {
		n := len(d.chars)
		d.chars = append(append(d.chars, "__NR_"...), name...)
		d.addWord("si_syscall", d.textFrom(n))
		d.last().Num = uint64(nr)
	}
	d.addSet(Enum, "si_arch", setAuditArch, arch)
}
