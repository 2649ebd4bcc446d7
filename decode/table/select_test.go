package table

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// few is a small callIndex with invented numbers.
type few struct{}

var fewCalls = [NumABI][]struct {
	name    string
	classes []string
}{
	AMD64: {{"read", []string{"desc"}}, {"open", []string{"desc", "file"}}, {"openat", []string{"desc", "file"}},
		{"stat", []string{"file", "stat"}}, {"fstat", []string{"desc", "fstat"}}, {"ustat", nil}, {"statfs", []string{"file", "statfs"}}},
	ARM64: {{"openat", []string{"desc", "file"}}, {"read", []string{"desc"}}, {"fstat", []string{"desc", "fstat"}}},
	I386: {{"open", []string{"desc", "file"}}, {"read", []string{"desc"}}, {"ipc", []string{"ipc"}},
		{"fstatfs64", []string{"desc", "fstatfs"}}, {"signal", []string{"signal"}}, {"waitpid", []string{"process"}}},
}

func (few) name(abi ABI, nr int) string {
	if nr < len(fewCalls[abi]) {
		return fewCalls[abi][nr].name
	}
	return ""
}

func (few) classes(abi ABI, nr int) []string {
	if nr < len(fewCalls[abi]) {
		return fewCalls[abi][nr].classes
	}
	return nil
}

// show writes a set as the names it holds per ABI, "?" for numbers without a
// name and "*" for unknown numbers.
func show(s *CallSet) string {
	var b strings.Builder
	for a, name := range []string{"64", "arm", "32"} {
		var have []string
		for nr := range fewCalls[a] {
			if s.Has(ABI(a), int32(nr)) {
				have = append(have, few{}.name(ABI(a), nr))
			}
		}
		if s.Has(ABI(a), MaxNR-1) {
			have = append(have, "?")
		}
		if len(have) > 0 {
			fmt.Fprintf(&b, "%s:%s ", name, strings.Join(have, ","))
		}
	}
	if s.Has(AMD64, MaxNR) && s.Has(Unknown, 0) && s.Has(AMD64, -1) {
		b.WriteString("*")
	}
	return strings.TrimSpace(b.String())
}

func TestParseCalls(t *testing.T) {
	all := show(AllCalls())
	for _, c := range []struct{ in, want string }{
		{"openat", "64:openat arm:openat"},
		{"open,openat", "64:open,openat arm:openat 32:open"},
		{"open@32", "32:open"},
		{"open@64", "64:open"},
		{"read@64,open@32", "64:read arm:read 32:open"},
		{"%file", "64:open,openat,stat,statfs arm:openat 32:open"},
		{"file", "64:open,openat,stat,statfs arm:openat 32:open"},
		{"%file@32", "32:open"},
		{"%process", "32:waitpid"},
		{"%%stat", "64:stat,fstat arm:fstat"},
		{"%%statfs", "64:ustat,statfs 32:fstatfs64"},
		{"ipc", "32:ipc"},
		{"/^open", "64:open,openat arm:openat 32:open"},
		{"/stat", "64:stat,fstat,ustat,statfs arm:fstat 32:fstatfs64"},
		{"/^(read|ipc)$", "64:read arm:read 32:read,ipc"},
		{"/^(read|ipc)$@64", "64:read arm:read"},
		{"?nosuch", ""},
		{"?nosuch,ipc", "32:ipc"},
		{"??nosuch", ""},
		{"?%process@64", ""},
		{"none", ""},
		{"!all", ""},
		{"all", all},
		{"!none", all},
		{"all,read", all},
		{"!!read", "64:read arm:read 32:read"},
		{"!read", "64:open,openat,stat,fstat,ustat,statfs,? arm:openat,fstat,? 32:open,ipc,fstatfs64,signal,waitpid,? *"},
		{"!?nosuch", all},
		{"!/.,%file", "64:? arm:? 32:? *"},
		{"all@32", "32:open,read,ipc,fstatfs64,signal,waitpid,?"},
		{"read,", "64:read arm:read 32:read"},
		{",read", "64:read arm:read 32:read"},
		{"0", "64:read arm:openat 32:open"},
		{"511@32", "32:?"},
	} {
		s, err := parseCalls(c.in, few{})
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if got := show(s); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
		if s.Full() != (c.want == all) || s.Empty() != (c.want == "") {
			t.Errorf("%q: Full %v, Empty %v", c.in, s.Full(), s.Empty())
		}
	}
}

func TestParseCallsErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "invalid system call ''"},
		{"!", "invalid system call '!'"},
		{",", "invalid system call ','"},
		{"nosuch", "invalid system call 'nosuch'"},
		{"opne", "invalid system call 'opne' (did you mean 'open'?)"},
		{"read,opnat", "invalid system call 'opnat' (did you mean 'openat'?)"},
		{"%fle", "invalid system call '%fle' (did you mean '%file'?)"},
		{"%nosuch", "invalid system call '%nosuch'"},
		{"read,none", "invalid system call 'none'"},
		{"read,!open", "invalid system call '!open' (did you mean 'open'?)"},
		{"@32", "invalid system call '@32'"},
		{"openat@32", "invalid system call 'openat@32'"},
		{"open@33", "incorrect personality designator '33' in qualification 'open@33': it is @64 or @32"},
		{"read@x32", "x32 calls cannot be selected by name in 'read@x32': ebtrace knows their numbers only"},
		{"/[", "invalid regular expression '[': error parsing regexp: missing closing ]: `[`"},
		{"512", "invalid system call '512'"},
		{"-1", "invalid system call '-1'"},
	} {
		if _, err := parseCalls(c.in, few{}); err == nil || err.Error() != c.want {
			t.Errorf("%q: got %v, want %s", c.in, err, c.want)
		}
	}
}

// TestParseCallsTable asks the table itself.
func TestParseCallsTable(t *testing.T) {
	s, err := ParseCalls("openat,%process,/^epoll_")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		abi  ABI
		nr   int32
		want bool
	}{
		{AMD64, 257, true}, {ARM64, 56, true}, {I386, 295, true}, // openat
		{AMD64, 59, true}, {AMD64, 60, true}, {I386, 7, true}, // execve, exit, waitpid
		{AMD64, 233, true}, {AMD64, 0, false}, {AMD64, 2, false}, // epoll_ctl, read, open
	} {
		if got := s.Has(c.abi, c.nr); got != c.want {
			t.Errorf("abi %d call %d: %v", c.abi, c.nr, got)
		}
	}
	for name := range classes {
		if c, err := ParseCalls(name); err != nil || c.Empty() {
			t.Errorf("class %s: %v", name, err)
		}
	}
}

func TestCallSetAdd(t *testing.T) {
	a, _ := parseCalls("read@64", few{})
	b, _ := parseCalls("open@32", few{})
	a.Add(b)
	if got := show(a); got != "64:read arm:read 32:open" {
		t.Error(got)
	}
	a.Add(AllCalls())
	if !a.Full() {
		t.Error("not full")
	}
}

func FuzzParseCalls(f *testing.F) {
	for _, s := range []string{"all", "!open,read@32", "/^(a|b)*$", "?%file@64", "%%stat", "none", "@", "!!"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		s, err := parseCalls(expr, few{})
		if (s == nil) == (err == nil) {
			t.Fatal("neither set nor error, or both")
		}
		if err != nil {
			return
		}
		inv, err := parseCalls("!"+expr, few{})
		if err != nil {
			t.Fatalf("complement: %v", err)
		}
		for a := range s.NR {
			if i := slices.IndexFunc(s.NR[a][:], func(b bool) bool { return b }); i >= 0 && inv.NR[a][i] {
				t.Fatal("in both")
			}
		}
		if inv.Unknown == s.Unknown {
			t.Fatal("unknown in both or in none")
		}
	})
}
