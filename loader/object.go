package loader

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
)

// object is a compiled object, in memory of our own.
type object struct {
	raw, btf []byte
}

// lineInfoLen is where the header of section .BTF.ext says how long the table
// of source lines is (Documentation/bpf/btf.rst); emptyLines is the shortest.
const lineInfoLen, emptyLines = 20, 4

// newObject takes a copy of an object and leaves its source lines out: the
// library would read them, and the kernel take them in, for nobody.
func newObject(raw []byte) (*object, error) {
	o := &object{raw: bytes.Clone(raw)}
	f, err := elf.NewFile(bytes.NewReader(o.raw))
	if err != nil {
		return nil, fmt.Errorf("read the kernel programs: %w", err)
	}
	section := func(name string) []byte {
		s := f.Section(name)
		if s == nil || s.Offset > uint64(len(o.raw)) || s.Size > uint64(len(o.raw))-s.Offset {
			return nil
		}
		return o.raw[s.Offset:][:s.Size]
	}
	ext := section(".BTF.ext")
	if o.btf = section(".BTF"); o.btf == nil || len(ext) < lineInfoLen+4 {
		return nil, errors.New("read the kernel programs: they have no types")
	}
	binary.LittleEndian.PutUint32(ext[lineInfoLen:], emptyLines)
	return o, nil
}

// spec is the object as the library reads it.
func (o *object) spec() (*ebpf.CollectionSpec, error) {
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(o.raw))
	if err != nil {
		return nil, fmt.Errorf("read the kernel programs: %w", err)
	}
	for _, m := range spec.Maps {
		m.Key, m.Value = nil, nil // types that the kernel would check, for nobody
	}
	return spec, nil
}

// typeNames is the set of names of its structures, unions and enumerations,
// without flavours.
func (o *object) typeNames() (map[string]bool, error) {
	r, err := openBTF(o.btf)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	return names, r.walk(func(pos, kind uint32) {
		switch kind {
		case kindStruct, kindUnion, kindEnum, kindEnum64:
			name, _, _ := bytes.Cut(r.name(u32(r.types[pos:])), []byte("___"))
			if len(name) > 0 {
				names[string(name)] = true
			}
		}
	})
}
