package table

import (
	"slices"
	"testing"
)

// eachRow calls f for every row of the embedded tables and each variant.
func eachRow(f func(abi ABI, row *Row)) {
	for abi := range ABI(NumABI) {
		for nr := range int32(MaxNR) {
			row := Lookup(abi, nr)
			if row == nil {
				continue
			}
			f(abi, row)
			for _, v := range row.Variants {
				if len(v.Values[abi]) > 0 {
					f(abi, v)
				}
			}
		}
	}
}

func TestEmbeddedTables(t *testing.T) {
	for _, err := range loaded().errs {
		t.Error(err)
	}
}

func TestEveryNumberHasARow(t *testing.T) {
	for abi := range ABI(NumABI) {
		n := 0
		for nr, name := range Names(abi) {
			n++
			if Lookup(abi, nr) == nil {
				t.Errorf("%s: no row for %d %s", abi, nr, name)
			}
			if got, ok := Number(abi, name); !ok || got != nr {
				t.Errorf("%s: Number(%s) = %d, %v, want %d", abi, name, got, ok, nr)
			}
		}
		if n < 300 {
			t.Errorf("%s has %d numbers", abi, n)
		}
	}
}

func TestEveryArgumentHasARegister(t *testing.T) {
	eachRow(func(abi ABI, row *Row) {
		for _, a := range row.Args {
			if a.Reg[abi] < 0 {
				t.Errorf("%s: %s: no register for %s", abi, row.Name, a.Name)
			}
		}
	})
}

// TestEveryPointerIsCopied finds what a plan leaves out: structures without a
// size, and operations beyond EB_MAX_OPS.
func TestEveryPointerIsCopied(t *testing.T) {
	eachRow(func(abi ABI, row *Row) {
		b := opBuilder{row: row, abi: abi, opts: PlanOptions{FDs: true, Env: true}}
		b.fds()
		for i := range row.Args {
			a := &row.Args[i]
			if _, ok := b.op(a); !ok && a.Kind.Pointer() && a.Kind != KindOpaque {
				t.Errorf("%s: %s: size of %s unknown", abi, row.Name, a.Name)
			}
			b.arg(a)
		}
		if b.dropped > 0 {
			t.Errorf("%s: %s: %d operations more than EB_MAX_OPS", abi, row.Name, b.dropped)
		}
	})
}

func TestEveryFieldHasAPlace(t *testing.T) {
	for name, d := range loaded().structs {
		for _, f := range d.Fields {
			if slices.Max(f.Size[:]) == 0 {
				t.Errorf("struct %s: %s has no size for any ABI", name, f.Name)
			}
			for abi := range NumABI {
				if f.Off[abi]+f.Size[abi]*f.N[abi] > d.Size[abi] {
					t.Errorf("struct %s: %s is outside for %s", name, f.Name, ABI(abi))
				}
			}
		}
	}
}

func TestUnknownNumbers(t *testing.T) {
	for _, nr := range []int32{-1, MaxNR - 1, MaxNR, 1 << 30} {
		if Lookup(AMD64, nr) != nil || Name(AMD64, nr) != "" {
			t.Errorf("%d is known", nr)
		}
	}
	if Lookup(Unknown, 0) != nil || Name(Unknown, 0) != "" {
		t.Error("an unknown ABI has calls")
	}
	if _, ok := Number(Unknown, "read"); ok {
		t.Error("an unknown ABI has numbers")
	}
	for range Names(Unknown) {
		t.Error("an unknown ABI has names")
	}
	if LookupStruct("no such") != nil {
		t.Error("LookupStruct made one up")
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		load(syscallsTbl, structsTbl, loadSets, findLayout)
	}
}

func BenchmarkPlans(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Plans(PlanOptions{FDs: true})
	}
}
