package loader

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"slices"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

// The kernel describes some 150,000 types; ours need a few dozen. The library
// indexes them all, which takes longer than everything else at start-up, so
// what is needed is picked out first: one pass over the raw description
// (Documentation/bpf/btf.rst), and a small one of the same form is made.

const vmlinuxBTF = "/sys/kernel/btf/vmlinux"

// ErrNoBTF says that the kernel does not describe its types.
var ErrNoBTF = errors.New("this kernel has no BTF (" + vmlinuxBTF + " is missing; it needs CONFIG_DEBUG_INFO_BTF)")

// kernelTypes is the part of the running kernel's BTF that has the names
// given, and the ids in the whole of the functions among them.
func kernelTypes(names map[string]bool) (*btf.Spec, map[string]uint32, error) {
	f, err := os.Open(vmlinuxBTF)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrNoBTF, err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	raw, err := unix.Mmap(int(f.Fd()), 0, int(st.Size()), unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_POPULATE)
	if err != nil { // before Linux 6.16 it could not be mapped
		if raw, err = os.ReadFile(vmlinuxBTF); err != nil {
			return nil, nil, err
		}
	} else {
		defer unix.Munmap(raw)
	}
	small, funcs, err := reduceBTF(raw, names)
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", vmlinuxBTF, err)
	}
	types, err := btf.LoadSpecFromReader(bytes.NewReader(small))
	return types, funcs, err
}

// typeNames is the set of names of structures, unions and enumerations, without flavours.
func typeNames(types iter.Seq2[btf.Type, error]) map[string]bool {
	names := map[string]bool{}
	for t, err := range types {
		if err != nil {
			continue
		}
		switch t.(type) {
		case *btf.Struct, *btf.Union, *btf.Enum:
			name, _, _ := bytes.Cut([]byte(t.TypeName()), []byte("___"))
			if len(name) > 0 {
				names[string(name)] = true
			}
		}
	}
	return names
}

// Kinds of BTF types, include/uapi/linux/btf.h.
const (
	kindInt       = 1
	kindPtr       = 2
	kindArray     = 3
	kindStruct    = 4
	kindUnion     = 5
	kindEnum      = 6
	kindFwd       = 7
	kindTypedef   = 8
	kindVolatile  = 9
	kindConst     = 10
	kindRestrict  = 11
	kindFunc      = 12
	kindFuncProto = 13
	kindVar       = 14
	kindDatasec   = 15
	kindFloat     = 16
	kindDeclTag   = 17
	kindTypeTag   = 18
	kindEnum64    = 19
)

const (
	btfMagic  = 0xeb9f
	btfHeader = 24
	btfType   = 12
)

// extraSize is the size of what follows a type of a kind with n members.
func extraSize(kind, n uint32) (uint32, bool) {
	switch kind {
	case kindInt, kindVar, kindDeclTag:
		return 4, true
	case kindArray:
		return 12, true
	case kindStruct, kindUnion, kindDatasec, kindEnum64:
		return 12 * n, true
	case kindEnum, kindFuncProto:
		return 8 * n, true
	case kindPtr, kindFwd, kindTypedef, kindVolatile, kindConst, kindRestrict, kindFunc, kindFloat, kindTypeTag:
		return 0, true
	}
	return 0, false
}

var errBTF = errors.New("malformed type description")

// rawBTF is a type description taken apart: types[at[id]:] is type id.
type rawBTF struct {
	types, strings []byte
	at             []uint32
	found          []uint32 // ids of the types asked for
	funcs          map[string]uint32
}

func u32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }

// openBTF finds the parts of a description.
func openBTF(raw []byte) (*rawBTF, error) {
	if len(raw) < btfHeader || binary.LittleEndian.Uint16(raw) != btfMagic {
		return nil, errBTF
	}
	hdr := uint64(u32(raw[4:]))
	part := func(off, n uint32) []byte {
		from, to := hdr+uint64(off), hdr+uint64(off)+uint64(n)
		if to > uint64(len(raw)) {
			return nil
		}
		return raw[from:to]
	}
	return &rawBTF{types: part(u32(raw[8:]), u32(raw[12:])), strings: part(u32(raw[16:]), u32(raw[20:]))}, nil
}

// walk calls f with the place and the kind of each type.
func (r *rawBTF) walk(f func(pos, kind uint32)) error {
	for pos := uint32(0); uint64(pos) < uint64(len(r.types)); {
		if len(r.types)-int(pos) < btfType {
			return errBTF
		}
		info := u32(r.types[pos+4:])
		kind := info >> 24 & 31
		extra, ok := extraSize(kind, info&0xffff)
		if !ok || uint64(pos)+btfType+uint64(extra) > uint64(len(r.types)) {
			return errBTF
		}
		f(pos, kind)
		pos += btfType + extra
	}
	return nil
}

// scanBTF finds the types with the names given.
func scanBTF(raw []byte, names map[string]bool) (*rawBTF, error) {
	r, err := openBTF(raw)
	if err != nil {
		return nil, err
	}
	r.at = make([]uint32, 1, len(r.types)/20)
	r.funcs = map[string]uint32{}
	wantFuncs := slices.ContainsFunc(slices.Collect(maps.Values(preemptCalls)), func(n string) bool { return names[n] })
	return r, r.walk(func(pos, kind uint32) {
		switch {
		case kind == kindStruct || kind == kindUnion || kind == kindEnum || kind == kindEnum64:
			if name := r.name(u32(r.types[pos:])); len(name) > 0 && names[string(name)] {
				r.found = append(r.found, uint32(len(r.at)))
			}
		case kind == kindFunc && wantFuncs:
			if name := r.name(u32(r.types[pos:])); names[string(name)] {
				r.funcs[string(name)] = uint32(len(r.at))
			}
		}
		r.at = append(r.at, pos)
	})
}

// name is the string at an offset.
func (r *rawBTF) name(off uint32) []byte {
	if uint64(off) >= uint64(len(r.strings)) {
		return nil
	}
	s := r.strings[off:]
	if n := bytes.IndexByte(s, 0); n >= 0 {
		return s[:n]
	}
	return nil
}

// reducer makes the small description.
type reducer struct {
	*rawBTF
	out, strs []byte
	ids       map[uint32]uint32
	names     map[string]uint32
	void      uint32 // id of a pointer to void; 0: not yet made
	count     uint32
}

// reduceBTF makes a description of the named types only: whole structures
// with all their members, what they hold inside them, and pointers to nothing.
func reduceBTF(raw []byte, names map[string]bool) ([]byte, map[string]uint32, error) {
	scanned, err := scanBTF(raw, names)
	if err != nil {
		return nil, nil, err
	}
	r := &reducer{rawBTF: scanned, strs: []byte{0}, ids: map[uint32]uint32{0: 0}, names: map[string]uint32{"": 0}}
	for _, id := range r.found {
		if _, err := r.copy(id, 0); err != nil {
			return nil, nil, err
		}
	}
	head := make([]byte, btfHeader)
	binary.LittleEndian.PutUint16(head, btfMagic)
	head[2] = 1
	for i, v := range []uint32{btfHeader, 0, uint32(len(r.out)), uint32(len(r.out)), uint32(len(r.strs))} {
		binary.LittleEndian.PutUint32(head[4+4*i:], v)
	}
	return append(append(head, r.out...), r.strs...), r.funcs, nil
}

func (r *reducer) intern(off uint32) uint32 {
	name := r.rawBTF.name(off)
	if at, ok := r.names[string(name)]; ok {
		return at
	}
	at := uint32(len(r.strs))
	r.strs = append(append(r.strs, name...), 0)
	r.names[string(name)] = at
	return at
}

func (r *reducer) add(t []byte) uint32 {
	r.out = append(r.out, t...)
	r.count++
	return r.count
}

// pointer returns the id of a pointer to void.
func (r *reducer) pointer() uint32 {
	if r.void == 0 {
		var t [btfType]byte
		binary.LittleEndian.PutUint32(t[4:], kindPtr<<24)
		r.void = r.add(t[:])
	}
	return r.void
}

// maxNesting bounds types inside types: those of a sound description end at pointers.
const maxNesting = 64

// copy makes type id, and what it is made of, part of the small description.
func (r *reducer) copy(id uint32, depth int) (uint32, error) {
	if to, ok := r.ids[id]; ok {
		return to, nil
	}
	if int(id) >= len(r.at) || depth > maxNesting {
		return 0, errBTF
	}
	src := r.types[r.at[id]:]
	info := u32(src[4:])
	kind, n := info>>24&31, info&0xffff
	extra, _ := extraSize(kind, n)
	t := bytes.Clone(src[:btfType+extra])
	binary.LittleEndian.PutUint32(t, r.intern(u32(t)))
	inner := func(at uint32) error {
		to, err := r.copy(u32(t[at:]), depth+1)
		binary.LittleEndian.PutUint32(t[at:], to)
		return err
	}
	var err error
	switch kind {
	case kindPtr, kindFwd, kindFunc, kindFuncProto, kindVar, kindDatasec, kindDeclTag:
		to := r.pointer()
		r.ids[id] = to
		return to, nil
	case kindArray:
		if err = inner(btfType); err == nil {
			err = inner(btfType + 4)
		}
	case kindStruct, kindUnion:
		for i := uint32(0); i < n && err == nil; i++ {
			m := btfType + 12*i
			binary.LittleEndian.PutUint32(t[m:], r.intern(u32(t[m:])))
			err = inner(m + 4)
		}
	case kindEnum, kindEnum64:
		step := extra / max(n, 1)
		for i := range n {
			m := btfType + step*i
			binary.LittleEndian.PutUint32(t[m:], r.intern(u32(t[m:])))
		}
	case kindTypedef, kindVolatile, kindConst, kindRestrict, kindTypeTag:
		err = inner(8)
	}
	if err != nil {
		return 0, err
	}
	to := r.add(t)
	r.ids[id] = to
	return to, nil
}
