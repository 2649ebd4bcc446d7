package decode

import (
	"math/bits"

	"github.com/ebtrace/ebtrace/decode/table"
)

// sigsetSize is the size of the kernel's sigset_t; calls that are told another
// one fail, but rt_sigpending, which takes a smaller one. What a 32-bit
// program gives with the size of one word is shown though its call fails.
const sigsetSize = 8

// sigsetArg decodes a set of signals.
func sigsetArg(d *Decoder, a *table.Arg, name string, m mem, n int64) {
	given := a != nil && a.Len.Src == table.LenArg
	smaller := given && n > 0 && n < sigsetSize && (a.Dir&table.In == 0 || n == int64(d.word))
	if len(m.b) < min(m.size, sigsetSize) || given && n != sigsetSize && !smaller {
		d.addPtr(name, m.addr, FlagUnread)
		return
	}
	d.sigset(name, m.b[:min(len(m.b), sigsetSize)])
}

// sigset appends the signals in b; where two thirds of them are there, those
// that are not.
func (d *Decoder) sigset(name string, b []byte) {
	i := d.open(Set, name)
	var set uint64
	for k, c := range b {
		set |= uint64(c) << (8 * k)
	}
	n := 8 * len(b)
	if bits.OnesCount64(set) >= n*2/3 {
		d.flag(i, FlagNot)
		set = ^set << (64 - n) >> (64 - n)
	}
	for ; set != 0; set &= set - 1 {
		d.add(Signal, "", uint64(bits.TrailingZeros64(set)+1))
	}
	d.close(i)
}

// saRestorer is SA_RESTORER: sa_restorer is there (kernel/signal.c).
const saRestorer = 0x04000000

// sigactionStruct decodes the structure of rt_sigaction.
func sigactionStruct(d *Decoder, name string, _ *table.Struct, m mem) {
	w := d.word
	d.sigaction(name, m, m.sub(3*w, sigsetSize), w, 2*w)
}

// oldSigactionStruct decodes that of sigaction on i386: the mask is one word
// and comes second.
func oldSigactionStruct(d *Decoder, name string, _ *table.Struct, m mem) {
	d.sigaction(name, m, m.sub(4, 4), 8, 12)
}

// sigaction appends a sigaction whose flags and restorer are at those offsets.
func (d *Decoder) sigaction(name string, m, mask mem, flags, restorer int) {
	if !mask.whole() || !m.has(flags, d.word) {
		d.addMem(name, m)
		return
	}
	i := d.open(Struct, name)
	d.sigHandler("sa_handler", m.uint(0, d.word))
	d.sigset("sa_mask", mask.b)
	f := m.uint(flags, d.word)
	d.addSet(Flags, "sa_flags", setSigaction, f)
	if f&saRestorer != 0 {
		d.addPtr("sa_restorer", m.uint(restorer, d.word), 0)
	}
	d.close(i)
}

// sigHandler appends a handler: SIG_DFL, SIG_IGN, SIG_ERR or its address.
func (d *Decoder) sigHandler(name string, v uint64) {
	var text string
	switch {
	case v == 0:
		text = "SIG_DFL"
	case v == 1:
		text = "SIG_IGN"
	case extend(v, d.word) == -1:
		text = "SIG_ERR"
	default:
		d.addPtr(name, v, 0)
		return
	}
	d.addWord(name, text)
	d.last().Num = v
}

// Notifications of struct sigevent (asm-generic/siginfo.h).
const (
	sigevSignal   = 0
	sigevThread   = 2
	sigevThreadID = 4
)

// sigeventStruct decodes a struct sigevent.
func sigeventStruct(d *Decoder, name string, _ *table.Struct, m mem) {
	w := d.word
	if !m.has(0, w+8) {
		d.addMem(name, m)
		return
	}
	i := d.open(Struct, name)
	if m.uint(0, w) != 0 {
		v := d.open(Struct, "sigev_value")
		d.sigval(&m, 0, "sival_int", "sival_ptr")
		d.close(v)
	}
	notify := m.uint(w+4, 4)
	signo := m.uint(w, 4)
	if notify == sigevSignal || notify == sigevThreadID {
		d.add(Signal, "sigev_signo", signo)
	} else {
		d.addInt("sigev_signo", m.int(w, 4))
	}
	d.addSet(Enum, "sigev_notify", setSigevent, notify)
	switch notify {
	case sigevThreadID:
		d.add(PID, "sigev_notify_thread_id", uint64(m.int(w+8, 4)))
	case sigevThread:
		d.addPtr("sigev_notify_function", m.uint(w+8, w), 0)
		d.addPtr("sigev_notify_attributes", m.uint(2*w+8, w), 0)
	}
	d.close(i)
}

// sigsetPackStruct decodes the last argument of pselect6 and io_pgetevents: a
// pointer to a set of signals, and its size.
func sigsetPackStruct(d *Decoder, name string, _ *table.Struct, m mem) {
	if !m.has(0, 2*d.word) {
		d.addMem(name, m)
		return
	}
	i := d.open(Struct, name)
	addr, size := m.uint(0, d.word), m.uint(d.word, d.word)
	shown := size == sigsetSize || size == uint64(d.word)
	if s := d.read(addr, int(min(size, sigsetSize))); addr != 0 && shown && s.whole() {
		d.sigset("sigmask", s.b)
	} else {
		d.addPtr("sigmask", addr, 0)
	}
	d.add(Uint, "sigsetsize", size)
	d.close(i)
}
