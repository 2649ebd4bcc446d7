package xlat

// Lookup returns the set of that name in sets.tbl, or nil.
func Lookup(name string) *Set {
	lo, hi := 0, len(sets)
	for lo < hi {
		m := (lo + hi) / 2
		if sets[m].Name < name {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo < len(sets) && sets[lo].Name == name {
		return &sets[lo]
	}
	return nil
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
