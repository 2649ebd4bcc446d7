package main

import (
	"bytes"
	"fmt"
	"maps"
	"math/bits"
	"os"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
)

// genSets writes the constants of sets.tbl with their values for each ABI.
func genSets(c *clang, file string) ([]byte, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	sets, err := scanSets(file, string(src))
	if err != nil {
		return nil, err
	}
	scopes := map[string]*scope{}
	for _, s := range sets {
		key := strings.Join(s.headers, " ")
		if scopes[key] == nil {
			scopes[key] = &scope{headers: s.headers, pos: s.pos}
		}
		scopes[key].sets = append(scopes[key].sets, s)
	}
	var errs problems
	for _, key := range sortedKeys(scopes) {
		checkHeaders(c, &errs, scopes[key].pos, scopes[key].headers)
	}
	if err := resolveAll(c, scopes); err != nil {
		return nil, err
	}
	for _, s := range sets {
		s.check(&errs)
	}
	if err := errs.err(); err != nil {
		return nil, err
	}
	sort.Slice(sets, func(i, j int) bool { return sets[i].name < sets[j].name })
	return writeSets(sets), nil
}

// scope is one list of headers and the sets that use it.
type scope struct {
	pos     string
	headers []string
	sets    []*set
}

// resolveAll evaluates every scope for every ABI, some at a time.
func resolveAll(c *clang, scopes map[string]*scope) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var first error
	slots := make(chan struct{}, runtime.NumCPU())
	for _, sc := range scopes {
		for abi := range abis {
			wg.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				if err := sc.resolve(c, abi); err != nil {
					mu.Lock()
					defer mu.Unlock()
					first = fmt.Errorf("%s: %w", sc.pos, err)
				}
			})
		}
	}
	wg.Wait()
	return first
}

// resolve finds the constants of the scope's sets for one ABI.
func (sc *scope) resolve(c *clang, abi int) error {
	var all []string
	if slices.ContainsFunc(sc.sets, (*set).globs) {
		var err error
		if all, err = c.macros(abi, sc.headers); err != nil {
			return err
		}
	}
	var exprs []string
	index := map[string]int{}
	want := func(e string) {
		if _, ok := index[e]; !ok {
			index[e] = len(exprs)
			exprs = append(exprs, e)
		}
	}
	for _, s := range sc.sets {
		s.expand(abi, all)
		for i := range s.groups {
			if m := s.groups[i].mask; m != "" {
				want(m)
			}
			for _, k := range s.groups[i].found[abi] {
				want(k.expr)
			}
		}
		if s.zero != "" {
			want(s.zeroExpr())
		}
	}
	vals, err := c.eval(abi, sc.headers, exprs)
	if err != nil {
		return err
	}
	for _, s := range sc.sets {
		s.assign(abi, func(e string) value { return vals[index[e]] })
	}
	return nil
}

// expand lists the constants of each group, with globs replaced by the names
// of all that match.
func (s *set) expand(abi int, all []string) {
	for i := range s.groups {
		g := &s.groups[i]
		for j, it := range g.items {
			if !it.glob {
				g.found[abi] = append(g.found[abi], konst{name: it.name, expr: it.expr, item: j})
				continue
			}
			for _, name := range all {
				if match(it.name, name) && !s.excluded(name) && !s.names(name) {
					g.found[abi] = append(g.found[abi], konst{name: name, expr: name, item: j})
				}
			}
		}
	}
}

// assign gives the constants of an ABI their values and puts them in order.
// What the ABI does not know is left out; check() finds what none knows.
func (s *set) assign(abi int, eval func(string) value) {
	for i := range s.groups {
		g := &s.groups[i]
		if g.mask != "" {
			v := eval(g.mask)
			g.maskVal[abi], g.maskErr[abi] = v.v, v.err
		}
		var list []konst
		for _, k := range g.found[abi] {
			v := eval(k.expr)
			if v.err != "" {
				g.items[k.item].why[abi] = v.err
				continue
			}
			k.val = v.v
			g.items[k.item].used[abi] = true
			list = append(list, k)
		}
		if s.enum || g.mask != "" {
			g.found[abi] = byValue(list)
		} else {
			g.found[abi] = byWidth(list)
		}
	}
	if s.zero != "" {
		v := eval(s.zeroExpr())
		s.zeroOK[abi] = v.err == "" && v.v == 0
	}
}

// byValue sorts constants by value; of equal ones the first stays.
func byValue(list []konst) []konst {
	slices.SortStableFunc(list, func(a, b konst) int {
		switch {
		case a.val < b.val:
			return -1
		case a.val > b.val:
			return 1
		}
		return 0
	})
	return slices.CompactFunc(list, func(a, b konst) bool { return a.val == b.val })
}

// byWidth keeps the order of declaration but puts a constant of several bits
// before those that are parts of it. Zero and repeated values are left out.
func byWidth(list []konst) []konst {
	var out []konst
	for _, k := range list {
		if k.val == 0 || slices.ContainsFunc(out, func(o konst) bool { return o.val == k.val }) {
			continue
		}
		at := len(out)
		if bits.OnesCount64(k.val) > 1 {
			if i := slices.IndexFunc(out, func(o konst) bool { return o.val&^k.val == 0 }); i >= 0 {
				at = i
			}
		}
		out = slices.Insert(out, at, k)
	}
	return out
}

// check tells what no ABI has.
func (s *set) check(errs *problems) {
	for _, g := range s.groups {
		if g.mask != "" && g.maskErr[0] != "" && g.maskErr[1] != "" && g.maskErr[2] != "" {
			errs.add(g.pos, "set %s: mask %s: %s", s.name, g.mask, g.maskErr[0])
		}
		for _, it := range g.items {
			switch {
			case it.used != [numABI]bool{}:
			case it.glob:
				errs.add(it.pos, "set %s: nothing matches %s", s.name, it.name)
			default:
				errs.add(it.pos, "set %s: %s: %s", s.name, it.name, it.why[0])
			}
		}
	}
	if s.zero != "" && s.zeroOK == [numABI]bool{} {
		errs.add(s.pos, "set %s: zero=%s is unknown or not 0", s.name, s.zero)
	}
}

// writeSets writes the Go file. Equal lists are shared, between ABIs and sets.
func writeSets(sets []*set) []byte {
	out := header("xlat", "sets.tbl")
	var b bytes.Buffer
	lists := newPool(&b, "c", "[]Const")
	groups := newPool(&b, "g", "[]Group")
	var body bytes.Buffer
	for _, s := range sets {
		var abi [numABI]string
		for a := range abis {
			abi[a] = groups.ref(s.groupText(a, lists))
		}
		fmt.Fprintf(&body, "\t{Name: %q", s.name)
		if s.prefix != "" {
			fmt.Fprintf(&body, ", Prefix: %q", s.prefix)
		}
		if s.enum {
			body.WriteString(", Enum: true")
		}
		if s.zero != "" {
			fmt.Fprintf(&body, ", Zero: %q", s.zeroName())
		}
		fmt.Fprintf(&body, ", ABI: [3][]Group{%s}},\n", strings.Join(abi[:], ", "))
	}
	fmt.Fprintf(out, "\n// sets are all sets, by name.\nvar sets = []Set{\n%s}\n", &body)
	out.WriteString("\n// Lists of constants (c) and groups (g), shared where they are equal.\n")
	out.Write(b.Bytes())
	return out.Bytes()
}

// groupText writes a set's groups for an ABI; "" if it has none.
func (s *set) groupText(abi int, lists *pool) string {
	var b strings.Builder
	for i := range s.groups {
		g := &s.groups[i]
		if len(g.found[abi]) == 0 || g.mask != "" && g.maskErr[abi] != "" {
			continue
		}
		var l strings.Builder
		for j, k := range g.found[abi] {
			if j%4 == 0 {
				l.WriteString("\n\t")
			}
			fmt.Fprintf(&l, "{%q, %#x}, ", k.name, k.val)
		}
		fmt.Fprintf(&b, "{%#x, %s}, ", g.maskVal[abi], lists.ref(l.String()+"\n"))
	}
	return b.String()
}

// pool declares variables for distinct texts.
type pool struct {
	out         *bytes.Buffer
	prefix, typ string
	seen        map[string]string
}

func newPool(out *bytes.Buffer, prefix, typ string) *pool {
	return &pool{out: out, prefix: prefix, typ: typ, seen: map[string]string{}}
}

// ref returns the variable for text, declared when it is first asked for.
func (p *pool) ref(text string) string {
	if text == "" {
		return "nil"
	}
	name, ok := p.seen[text]
	if !ok {
		name = fmt.Sprintf("%s%d", p.prefix, len(p.seen))
		p.seen[text] = name
		fmt.Fprintf(p.out, "var %s = %s{%s}\n", name, p.typ, text)
	}
	return name
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
