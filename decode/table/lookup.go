package table

import (
	_ "embed"
	"errors"
	"sync"

	"github.com/ebtrace/ebtrace/decode/xlat"
)

//go:embed syscalls.tbl
var syscallsTbl string

//go:embed structs.tbl
var structsTbl string

// tables is what the embedded tables say.
type tables struct {
	rows    [NumABI][MaxNR]*Row
	structs map[string]*structDef
	errs    []error
}

// loaded reads the embedded tables when they are first asked for.
var loaded = sync.OnceValue(func() *tables { return load(syscallsTbl, structsTbl, xlat.Lookup, findLayout) })

// load reads tables. What is wrong in them is left out and noted in errs.
func load(calls, structs string, sets func(string) *xlat.Set, layouts func(string) *layout) *tables {
	t := &tables{structs: make(map[string]*structDef, 256)}
	r := &reader{sets: sets, layouts: layouts, structs: t.structs, lists: map[string][]string{}}
	r.scanner = scanner{file: "structs.tbl", src: structs}
	r.readStructs()
	t.errs = r.errs
	r.scanner = scanner{file: "syscalls.tbl", src: calls}
	defs := r.readRows()
	t.placeAll(r, defs)
	t.errs = append(t.errs, r.errs...)
	for _, d := range t.structs {
		if !d.declared {
			s := scanner{file: d.file, src: calls}
			if d.file == "structs.tbl" {
				s.src = structs
			}
			s.fail(d.pos, "no struct %s", d.Name)
			t.errs = append(t.errs, s.errs...)
		}
	}
	return t
}

// Check returns what is wrong in the embedded tables: nil in a build that
// passed its tests.
func Check() error { return errors.Join(loaded().errs...) }

// Lookup returns the row of the ABI's system call nr; nil if there is none.
// Where the row has variants, Row.Variant chooses among them.
func Lookup(abi ABI, nr int32) *Row {
	if abi >= NumABI || nr < 0 || nr >= MaxNR {
		return nil
	}
	return loaded().rows[abi][nr]
}

// LookupStruct returns the structure of that name, or nil.
func LookupStruct(name string) *Struct {
	if d := loaded().structs[name]; d != nil && d.declared {
		return &d.Struct
	}
	return nil
}
