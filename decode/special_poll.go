package decode

import (
	"math/bits"

	"github.com/ebtrace/ebtrace/decode/table"
)

// fdsetArg decodes the n lowest bits of an fd_set.
func fdsetArg(d *Decoder, _ *table.Arg, name string, m mem, n int64) {
	if m.fault && !m.whole() {
		d.addMem(name, m)
		return
	}
	i := len(d.nodes)
	d.fdset(name, m, n)
	for k := i + 1; k < len(d.nodes); k++ {
		d.nodes[k].File = d.file(int32(d.nodes[k].Num))
	}
}

// fdset appends the descriptors among the n lowest bits in m, by number.
func (d *Decoder) fdset(name string, m mem, n int64) {
	i := d.open(Set, name)
	for fd := nextBit(m.b, 0, n); fd >= 0; fd = nextBit(m.b, fd+1, n) {
		d.add(FD, "", uint64(fd))
	}
	d.close(i)
	if int64(len(m.b))*8 < n {
		d.flag(i, FlagCut)
	}
}

// nextBit is the number of the first bit that is set from bit i on, -1 if none
// below n is. (The bytes of a little-endian word are in the order of its bits.)
func nextBit(b []byte, i, n int64) int64 {
	n = min(n, int64(len(b))*8)
	for i < n {
		if c := b[i/8] >> (i % 8); c != 0 {
			if i += int64(bits.TrailingZeros8(c)); i < n {
				return i
			}
			return -1
		}
		i = (i/8 + 1) * 8
	}
	return -1
}

// cpusetArg decodes a set of processors.
func cpusetArg(d *Decoder, _ *table.Arg, name string, m mem, _ int64) {
	if m.fault && !m.whole() {
		d.addMem(name, m)
		return
	}
	i := d.open(Set, name)
	n := int64(len(m.b)) * 8
	for cpu := nextBit(m.b, 0, n); cpu >= 0; cpu = nextBit(m.b, cpu+1, n) {
		d.add(Uint, "", uint64(cpu))
	}
	d.close(i)
}

// pollfdSize is sizeof(struct pollfd); events are at 4, revents at 6.
const pollfdSize = 8

// pollfdStruct decodes what is polled for; nothing is where the descriptor is
// negative.
func pollfdStruct(d *Decoder, name string, _ *table.Struct, m mem) {
	if !m.has(0, 6) {
		d.addMem(name, m)
		return
	}
	i := d.open(Struct, name)
	fd := uint64(m.int(0, 4))
	d.addFD("fd", table.KindFD, fd)
	if int64(fd) >= 0 {
		d.addSet(Flags, "events", setPollEvents, m.uint(4, 2))
	}
	d.close(i)
}

// epollStruct decodes a struct epoll_event, which is packed on x86 only
// (linux/eventpoll.h).
func epollStruct(d *Decoder, name string, _ *table.Struct, m mem) {
	at := 4
	if d.abi == table.ARM64 {
		at = 8
	}
	if !m.has(at, 8) {
		d.addMem(name, m)
		return
	}
	i := d.open(Struct, name)
	d.addSet(Flags, "events", setEpollEvents, m.uint(0, 4))
	v := d.open(Struct, "data")
	d.add(Uint, "u32", m.uint(at, 4))
	d.add(Uint, "u64", m.uint(at, 8))
	d.close(v)
	d.close(i)
}

// timeoutNote appends "Timeout" where a call that waits found nothing; false
// if there is more to tell.
func (d *Decoder) timeoutNote() bool {
	if d.errno != 0 {
		return true
	}
	if d.ret == 0 {
		d.addWord("", "Timeout")
		return true
	}
	return false
}

// leftNote appends what is left of the time in argument i.
func (d *Decoder) leftNote(i int) {
	if i >= len(d.row.Args) {
		return
	}
	a := &d.row.Args[i]
	if a.Kind != table.KindStruct || a.Struct == nil || d.arg(i) == 0 {
		return
	}
	if m := d.readAt(d.arg(i), int(a.Struct.Size[d.abi]), true); m.size > 0 && m.whole() {
		d.structure("left", a.Struct, m)
	}
}

// pollNote appends what happened on which descriptors; what they are, the
// argument has said.
func pollNote(d *Decoder) {
	if d.timeoutNote() {
		return
	}
	n := min(int64(d.arg(1)), 1<<20)
	m := d.readAt(d.arg(0), int(n)*pollfdSize, true)
	i := d.open(Array, "")
	shown := int64(0)
	for k := 0; m.has(k*pollfdSize, pollfdSize); k++ {
		revents := m.uint(k*pollfdSize+6, 2)
		if revents == 0 {
			continue
		}
		if shown++; shown > d.elements() {
			d.flag(i, FlagCut)
			break
		}
		e := d.open(Struct, "")
		d.add(FD, "fd", uint64(m.int(k*pollfdSize, 4)))
		d.addSet(Flags, "revents", setPollEvents, revents)
		d.close(e)
	}
	d.close(i)
	if !m.whole() && shown < min(d.ret, d.elements()) {
		d.flag(i, FlagCut)
	}
	d.leftNote(2)
}

// fdsetNotes are the names of select's three sets.
var fdsetNotes = [3]string{"in", "out", "except"}

// selectNote appends the sets that select left and its time.
func selectNote(d *Decoder) {
	if d.timeoutNote() || len(d.row.Args) < 5 {
		return
	}
	n := int64(int32(d.arg(0)))
	for k, name := range fdsetNotes {
		addr := d.arg(k + 1)
		words := (max(n, 0) + int64(8*d.word) - 1) / int64(8*d.word)
		m := d.readAt(addr, int(words)*d.word, true)
		if addr != 0 && nextBit(m.b, 0, n) >= 0 {
			d.fdset(name, m, n)
		}
	}
	d.leftNote(4)
}

// recvmmsgNote appends what is left of the time.
func recvmmsgNote(d *Decoder) {
	if !d.timeoutNote() {
		d.leftNote(4)
	}
}
