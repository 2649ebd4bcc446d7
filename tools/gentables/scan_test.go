package main

import (
	"slices"
	"strings"
	"testing"
)

func names(list []konst) string {
	var s []string
	for _, k := range list {
		s = append(s, k.name)
	}
	return strings.Join(s, " ")
}

func TestScanSets(t *testing.T) {
	sets, err := scanSets("sets.tbl", `# comment
set open flags O_??? zero=O_RDONLY <linux/fcntl.h> <abi.h>
	mask O_ACCMODE: O_RDONLY O_WRONLY
	mask O_ACCMODE: O_RDWR
	O_* !O_FOO* # all
# inside
	MINE=0x10

set err enum E_???
	ONE TWO=2
set next enum
`)
	if err != nil {
		t.Fatal(err)
	}
	if len(sets) != 3 {
		t.Fatalf("%d sets", len(sets))
	}
	s := sets[0]
	if s.enum || s.prefix != "O_???" || s.zero != "O_RDONLY" || !slices.Equal(s.headers, []string{"linux/fcntl.h", "abi.h"}) {
		t.Errorf("got %+v", s)
	}
	if len(s.groups) != 2 || s.groups[0].mask != "O_ACCMODE" || len(s.groups[0].items) != 3 || len(s.groups[1].items) != 2 {
		t.Fatalf("got %+v", s.groups)
	}
	if it := s.groups[1].items[1]; it.name != "MINE" || it.expr != "0x10" || it.pos != "sets.tbl:7" || it.glob {
		t.Errorf("got %+v", it)
	}
	s.expand(0, []string{"O_RDONLY", "O_CREAT", "O_FOOBAR", "P_X"})
	if got := names(s.groups[1].found[0]); got != "O_CREAT MINE" {
		t.Errorf("the globs match %s", got)
	}
}

func TestScanSetsMistakes(t *testing.T) {
	for src, want := range map[string]string{
		"set a":                   "sets.tbl:1: expected: set NAME",
		"set a bits":              "expected: set NAME",
		"set a enum b":            `unexpected "b"`,
		"X":                       "constants outside of a set",
		"set a enum\n\nX":         "sets.tbl:3: constants outside of a set",
		"set a flags\n\tmask X":   "sets.tbl:2: expected: mask",
		"set a enum\nset a flags": "sets.tbl:2: set a is there twice",
	} {
		if _, err := scanSets("sets.tbl", src); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", src, err, want)
		}
	}
}

func TestOrder(t *testing.T) {
	list := []konst{{name: "DSYNC", val: 0x1000}, {name: "A", val: 1}, {name: "SYNC", val: 0x101000}, {name: "ZERO"},
		{name: "AGAIN", val: 1}, {name: "ALL", val: 0x101001}}
	if got := names(byWidth(list)); got != "ALL SYNC DSYNC A" {
		t.Errorf("byWidth: %s", got)
	}
	if got := names(byValue(list)); got != "ZERO A DSYNC SYNC ALL" {
		t.Errorf("byValue: %s", got)
	}
}

func TestCheck(t *testing.T) {
	sets, _ := scanSets("sets.tbl", "set a flags zero=Z\n\tX Y* M\n\tmask N: M\n")
	s := sets[0]
	for abi := range numABI {
		s.expand(abi, nil)
		s.assign(abi, func(e string) value {
			if e == "M" && abi == 1 {
				return value{v: 1} // one ABI is enough
			}
			return value{err: "undeclared"}
		})
	}
	var errs problems
	s.check(&errs)
	err := errs.err()
	for _, want := range []string{"sets.tbl:2: set a: X: undeclared", "sets.tbl:2: set a: nothing matches Y*",
		"sets.tbl:3: set a: mask N: undeclared", "zero=Z is unknown"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	if len(errs) != 4 {
		t.Errorf("got %v", err)
	}
}

func TestScanStructs(t *testing.T) {
	list, err := scanStructs("structs.tbl", `
struct a <x.h> <y.h> { # comment
	one int
	-u.two hex as two
}
struct b = union bpf_attr <z.h> {}
struct own {}
struct c = siginfo_t <x.h> {
}
`)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 3 {
		t.Fatalf("got %d", len(list))
	}
	if a := list[0]; a.ctype != "struct a" || len(a.headers) != 2 || len(a.members) != 2 || a.members[1].name != "u.two" {
		t.Errorf("got %+v", a)
	}
	if b := list[1]; b.name != "b" || b.ctype != "union bpf_attr" {
		t.Errorf("got %+v", b)
	}
	if _, err := scanStructs("s", "struct own {\n\tx int\n}"); err == nil {
		t.Error("a field without a C type is accepted")
	}
}
