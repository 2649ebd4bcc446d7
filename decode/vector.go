package decode

import (
	"bytes"
	"strconv"

	"github.com/ebtrace/ebtrace/decode/table"
)

// iovecArg appends an argument of kind iovec. A call that fills the buffers
// filled no more bytes than it returned; one that failed filled none.
func (d *Decoder) iovecArg(a *table.Arg, addr uint64) {
	total, exit := int64(-1), d.exit
	if a.Dir&table.Out != 0 {
		total = max(d.ret, 0)
	}
	d.iovec(a.Name, addr, d.length(a), total, a.NoData || exit && d.errno != 0)
}

// iovec appends the vector of n struct iovec at addr with the data of each, at
// the time being decoded. total bounds the data of all together, -1: none.
// bare: show the pointers instead of the data.
func (d *Decoder) iovec(name string, addr uint64, n, total int64, bare bool) {
	if addr == 0 || n < 0 {
		d.addPtr(name, addr, 0)
		return
	}
	size := 2 * d.word
	m := d.readEither(addr, int(min(n, d.elements()))*size)
	have := len(m.b) / size
	if have == 0 && m.size > 0 {
		d.addMem(name, m)
		return
	}
	i := d.open(Array, name)
	for k := range have {
		base, length := m.uint(k*size, d.word), int64(min(m.uint(k*size+d.word, d.word), 1<<62))
		e := d.open(Struct, "")
		data := length
		if total >= 0 {
			data = min(data, total)
			total -= data
		}
		if bare || base == 0 {
			d.addPtr("iov_base", base, 0)
		} else {
			d.addBuf(Str, "iov_base", base, data)
		}
		d.add(Uint, "iov_len", m.uint(k*size+d.word, d.word))
		d.close(e)
	}
	d.close(i)
	d.cutArray(i, have, n, m)
}

// readEither is memory that the call does not write, captured at entry or
// only at exit.
func (d *Decoder) readEither(addr uint64, size int) mem {
	m := d.readAt(addr, size, d.exit)
	if len(m.b) == 0 && d.exit {
		m = d.readAt(addr, size, false)
	}
	return m
}

// pointers is the vector of pointers at addr up to its NULL, as far as it was
// captured; ended: the NULL was there.
func (d *Decoder) pointers(addr uint64) (m mem, n int, ended bool) {
	m = d.read(addr, maxLen)
	for n = 0; m.has(n*d.word, d.word); n++ {
		if m.uint(n*d.word, d.word) == 0 {
			return m, n, true
		}
	}
	return m, n, false
}

// argv appends the NULL-terminated vector of strings at addr.
func (d *Decoder) argv(name string, addr uint64) {
	m, n, ended := d.pointers(addr)
	if len(m.b) < d.word {
		d.addMem(name, m)
		return
	}
	show := int(min(int64(n), d.elements()))
	i := d.open(Array, name)
	for k := range show {
		addr := m.uint(k*d.word, d.word)
		if arg, ok := d.newArg(k, n); ok && ended && !d.cstring(addr).found {
			d.addText("", table.KindStr, cstr{b: arg})
			continue
		}
		d.addString("", table.KindStr, addr, false)
	}
	d.close(i)
	if show < n || !ended {
		d.flag(i, FlagCut)
	}
	if show < n && ended {
		d.nodes[i].Want = uint64(n)
	}
	if show == n && !ended && m.fault {
		d.flag(i, FlagFault)
		d.nodes[i].Num = addr + uint64(n*d.word)
	}
}

// newArg is argument k of n as the program that an execve has started got it.
// Before those of a script stand its interpreter's and its own path, in place
// of argument 0 (fs/binfmt_script.c).
func (d *Decoder) newArg(k, n int) ([]byte, bool) {
	rest := d.newArgs
	shift := bytes.Count(rest, []byte{0}) - n
	if len(rest) == 0 || shift < 0 || shift > 0 && k == 0 {
		return nil, false
	}
	for range k + shift {
		rest = rest[bytes.IndexByte(rest, 0)+1:]
	}
	return rest[:bytes.IndexByte(rest, 0)], true
}

// envp appends the environment at addr: as argv with -v, else the pointer and
// how many variables there are.
func (d *Decoder) envp(name string, addr uint64) {
	if d.opts.Verbose {
		d.argv(name, addr)
		return
	}
	m, n, ended := d.pointers(addr)
	if len(m.b) < d.word {
		d.addMem(name, m)
		return
	}
	at := len(d.chars)
	d.chars = strconv.AppendInt(d.chars, int64(n), 10)
	d.chars = append(d.chars, " vars"...)
	if n == 1 {
		d.chars = d.chars[:len(d.chars)-1]
	}
	if !ended && m.fault {
		d.chars = append(d.chars, ", unterminated"...)
	} else if !ended {
		d.chars = append(d.chars, " and more"...)
	}
	d.addPtr(name, addr, 0)
	d.last().Text = d.textFrom(at)
}
