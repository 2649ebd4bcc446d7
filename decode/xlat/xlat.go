// Package xlat holds the named constants of the kernel's user interface:
// enumerations and flag sets, with their values for each ABI. The sets are
// declared in sets.tbl; values are generated from UAPI headers into zz_sets.go.
package xlat

import (
	"cmp"
	"slices"
)

// Const is one named value.
type Const struct {
	Name string
	Val  uint64
}

// Group is the part of a set under one mask: flags with one bit each where
// Mask is 0, or an enumeration of the values that the bits of Mask can take.
type Group struct {
	Mask   uint64
	Consts []Const // Mask 0: declaration order, wider masks first; else ascending by Val
}

// Set is one enumeration or one set of flags.
type Set struct {
	Name   string
	Prefix string     // for values without a name: "O_???"
	Enum   bool       // one value, not flags
	Zero   string     // name of 0 in a flag set, "" if it prints as 0
	ABI    [3][]Group // by table.ABI; equal ABIs share the slice
}

// Find returns the name of value v, or "" (enumerations).
func (s *Set) Find(abi uint8, v uint64) string {
	if s == nil || int(abi) >= len(s.ABI) {
		return ""
	}
	for i := range s.ABI[abi] {
		c := s.ABI[abi][i].Consts
		if n, found := slices.BinarySearchFunc(c, v, func(c Const, v uint64) int { return cmp.Compare(c.Val, v) }); found {
			return c[n].Name
		}
	}
	return ""
}

// Flags calls yield for the name of each known part of v, in declaration
// order, and returns the bits that have no name.
func (s *Set) Flags(abi uint8, v uint64, yield func(name string)) (rest uint64) {
	if s == nil || int(abi) >= len(s.ABI) {
		return v
	}
	for i := range s.ABI[abi] {
		g := &s.ABI[abi][i]
		if g.Mask != 0 {
			for _, c := range g.Consts {
				if c.Val == v&g.Mask {
					yield(c.Name)
					v &^= g.Mask
					break
				}
			}
			continue
		}
		for _, c := range g.Consts {
			if c.Val != 0 && v&c.Val == c.Val {
				yield(c.Name)
				v &^= c.Val
			}
		}
	}
	return v
}
