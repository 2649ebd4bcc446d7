package main

import (
	"bytes"
	"debug/dwarf"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
)

// clang runs the C compiler on small programs that include UAPI headers.
type clang struct {
	cc   string
	uapi string // folder of the unpacked linux-libc-dev
	own  string // folder of this program's headers
	tmp  string
	n    atomic.Int32
}

// dirs are the include folders of an ABI, in order.
func (c *clang) dirs(abi int) []string {
	return []string{
		c.own,
		filepath.Join(c.uapi, "usr/lib/linux/uapi", abis[abi].uapi),
		filepath.Join(c.uapi, "usr/include"),
	}
}

// has says whether the ABI has the header.
func (c *clang) has(abi int, header string) bool {
	for _, d := range c.dirs(abi) {
		if _, err := os.Stat(filepath.Join(d, header)); err == nil {
			return true
		}
	}
	return false
}

// include returns the #include lines for those headers that the ABI has.
func (c *clang) include(abi int, headers []string) string {
	var b strings.Builder
	for _, h := range headers {
		if c.has(abi, h) {
			fmt.Fprintf(&b, "#include <%s>\n", h)
		}
	}
	return b.String()
}

// run compiles src with the given arguments more and returns what the
// compiler printed to its output and to its error output.
func (c *clang) run(abi int, src string, args ...string) (stdout, stderr []byte, err error) {
	file := filepath.Join(c.tmp, fmt.Sprintf("%d.c", c.n.Add(1)))
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		return nil, nil, err
	}
	all := []string{"-target", abis[abi].triple, "-nostdlibinc", "-ffreestanding", "-std=gnu11", "-w",
		"-ferror-limit=0", "-fno-caret-diagnostics", "-fno-color-diagnostics"}
	for _, d := range c.dirs(abi) {
		all = append(all, "-isystem", d)
	}
	cmd := exec.Command(c.cc, append(append(all, args...), file)...)
	var out, msg bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &msg
	err = cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		err = fmt.Errorf("gentables: %s is not installed", c.cc)
	}
	return out.Bytes(), msg.Bytes(), err
}

// badLine is a diagnostic in the part of a program that lines() wrote.
var badLine = regexp.MustCompile(`(?m)^EBLINE:(\d+):\d+: (?:fatal )?error: (.*)$`)

// lines compiles a program of head and one line for each item, leaves out the
// lines that do not compile, and returns the object and what was wrong with
// the lines left out ("" where nothing was).
func (c *clang) lines(abi int, head string, items []string, args ...string) (*elf.File, []string, error) {
	bad := make([]string, len(items))
	obj := filepath.Join(c.tmp, fmt.Sprintf("%d.o", c.n.Add(1)))
	for range 4 { // an error may hide others
		var b strings.Builder
		b.WriteString(head)
		b.WriteString("#line 1 \"EBLINE\"\n")
		for i, s := range items {
			if bad[i] == "" {
				b.WriteString(s)
			}
			b.WriteByte('\n')
		}
		_, msg, err := c.run(abi, b.String(), append(args, "-c", "-o", obj)...)
		if err == nil {
			f, err := elf.Open(obj)
			return f, bad, err
		}
		found := false
		for _, m := range badLine.FindAllSubmatch(msg, -1) {
			n, _ := strconv.Atoi(string(m[1]))
			if n >= 1 && n <= len(bad) && bad[n-1] == "" {
				bad[n-1], found = string(m[2]), true
			}
		}
		if !found {
			return nil, nil, fmt.Errorf("%s for %s: %v\n%s", c.cc, abis[abi].name, err, msg)
		}
	}
	return nil, nil, fmt.Errorf("%s for %s: errors without end", c.cc, abis[abi].name)
}

// value is the value of a constant expression, or why it has none.
type value struct {
	v   uint64
	err string
}

// eval evaluates constant expressions in the scope of the headers. Values of
// C types of up to 32 bits are zero-extended from 32 bits, as the kernel gets
// them in an int argument; wider ones are taken as they are.
func (c *clang) eval(abi int, headers, exprs []string) ([]value, error) {
	items := make([]string, len(exprs))
	for i, e := range exprs {
		items[i] = fmt.Sprintf("const unsigned long long eb_%d = sizeof(%s) <= 4 ? "+
			"(unsigned long long)(unsigned int)(%s) : (unsigned long long)(%s);", i, e, e, e)
	}
	f, bad, err := c.lines(abi, c.include(abi, headers), items)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	syms, err := f.Symbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return nil, err
	}
	at := make(map[string]elf.Symbol, len(syms))
	for _, s := range syms {
		at[s.Name] = s
	}
	data := map[elf.SectionIndex][]byte{}
	out := make([]value, len(exprs))
	for i := range exprs {
		if bad[i] != "" {
			out[i].err = bad[i]
			continue
		}
		s, ok := at["eb_"+strconv.Itoa(i)]
		if !ok {
			return nil, fmt.Errorf("no value for %s", exprs[i])
		}
		if data[s.Section] == nil {
			if data[s.Section], err = f.Sections[s.Section].Data(); err != nil {
				return nil, err
			}
		}
		out[i].v = f.ByteOrder.Uint64(data[s.Section][s.Value:])
	}
	return out, nil
}

// macros returns the names of the object-like macros that the headers define,
// in the order of their definition, and those of their enumeration constants.
func (c *clang) macros(abi int, headers []string) ([]string, error) {
	out, msg, err := c.run(abi, c.include(abi, headers), "-E", "-dD")
	if err != nil {
		return nil, fmt.Errorf("%v\n%s", err, msg)
	}
	var names []string
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		def, ok := strings.CutPrefix(line, "#define ")
		if !ok {
			continue
		}
		end := strings.IndexAny(def, " (\n")
		if end < 0 || def[end] != ' ' || seen[def[:end]] {
			continue // a function, or empty
		}
		seen[def[:end]] = true
		names = append(names, def[:end])
	}
	enums, err := c.enumerators(abi, headers)
	if err != nil {
		return nil, err
	}
	for _, e := range enums {
		if !seen[e] {
			seen[e] = true
			names = append(names, e)
		}
	}
	return names, nil
}

// enumerators returns the names of the enumeration constants in the headers.
func (c *clang) enumerators(abi int, headers []string) ([]string, error) {
	f, _, err := c.lines(abi, c.include(abi, headers), nil, "-gdwarf-4", "-fno-eliminate-unused-debug-types")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Section(".debug_info") == nil {
		return nil, nil // no types at all
	}
	d, err := f.DWARF()
	if err != nil {
		return nil, err
	}
	var names []string
	for r := d.Reader(); ; {
		e, err := r.Next()
		if err != nil || e == nil {
			return names, err
		}
		if name, ok := e.Val(dwarf.AttrName).(string); ok && e.Tag == dwarf.TagEnumerator {
			names = append(names, name)
		}
	}
}
