package xlat

import (
	"slices"
	"strings"
)

// Lookup returns the set of that name in sets.tbl, or nil.
func Lookup(name string) *Set {
	i, found := slices.BinarySearchFunc(sets[:], name, func(s Set, name string) int { return strings.Compare(s.Name, name) })
	if !found {
		return nil
	}
	return &sets[i]
}

// Value returns the value of the constant of that name for an ABI; ok is
// false if the set has no such constant there.
func (s *Set) Value(abi uint8, name string) (v uint64, ok bool) {
	if s == nil || int(abi) >= len(s.ABI) {
		return 0, false
	}
	for _, g := range s.ABI[abi] {
		for _, c := range g.Consts {
			if c.Name == name {
				return c.Val, true
			}
		}
	}
	return 0, s.Zero == name && name != ""
}

// All calls yield for each set, in the order of their names, until it returns
// false.
func All(yield func(*Set) bool) {
	for i := range sets {
		if !yield(&sets[i]) {
			return
		}
	}
}
