package loader

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/test/testenv"
	"github.com/ebtrace/ebtrace/vmtest/protocol"
)

// settings that make the verifier see every part of the programs: what a
// trace does not ask for is removed before.
func settings() map[string]Options {
	ok, enoent := table.Successful, table.ErrnoSet{}
	enoent[0] = 4
	return map[string]Options{
		"plain":  {Times: true, Signals: ^table.SignalSet(0)},
		"whole":  {Times: true, FDs: true, Env: true, StrSize: MaxStrSize, Signals: ^table.SignalSet(0)},
		"counts": {Counts: true},
		"split":  {Times: true, OffCPU: true, FDs: true, StrSize: 32},
		"chosen": {Times: true, FDs: true, StrSize: 32, Signals: ^table.SignalSet(0),
			Paths: []string{"/tmp"}, Comms: []string{"sh"}, UIDs: []uint32{0}, FDSet: &table.FDSet{}},
		"ends": {Times: true, FDs: true, Status: &ok, Errnos: &enoent, MinDuration: time.Millisecond},
	}
}

var processed = regexp.MustCompile(`processed (\d+) insns`)

// TestVerifier loads every program under settings that together reach all of
// its code, and tells how many instructions the verifier went through: a
// figure that the kernel limits (vmtest/verifier.txt).
func TestVerifier(t *testing.T) {
	testenv.NeedRoot(t)
	most := map[string]int{}
	for name, o := range settings() {
		t.Run(name, func(t *testing.T) { verify(t, o, most) })
	}
	t.Run("layers", func(t *testing.T) { verifyLayers(t, most) })
	for _, name := range slices.Sorted(maps.Keys(most)) {
		fmt.Printf("\n%s\n", protocol.Line{Event: protocol.Figure, Text: name, Status: strconv.Itoa(most[name])}.Encode())
	}
}

func verify(t *testing.T, o Options, most map[string]int) {
	o.Buffer, o.Threads = 1<<16, 64
	s, err := Open(o)
	if errors.Is(err, ErrNoPaths) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(whole(err))
	}
	defer s.Close()
	some := s.spec.Copy()
	var coll *ebpf.Collection
	err = unlocked(func() (err error) {
		coll, err = ebpf.NewCollectionWithOptions(some, ebpf.CollectionOptions{
			MapReplacements: s.maps,
			Programs:        ebpf.ProgramOptions{KernelTypes: s.types, LogLevel: ebpf.LogLevelStats},
		})
		return err
	})
	if err != nil {
		t.Fatal(whole(err))
	}
	defer coll.Close()
	for name, p := range coll.Programs {
		note(t, name, p, most)
	}
}

// verifyLayers loads the programs of the layers below the calls, with all
// selection. Those of functions differ in constants only: the figure is that of
// the largest.
func verifyLayers(t *testing.T, most map[string]int) {
	s, err := Open(Options{Buffer: 1 << 16, Threads: 64,
		Net: &Net{Ops: []string{"listen"}, Best: true, MinBytes: 1, Errnos: &table.ErrnoSet{},
			Addrs: []NetAddr{{Prefix: netip.MustParsePrefix("127.0.0.0/8"), Last: 65535}}},
		VFS: &VFS{Ops: []string{"fsync"}, Best: true, MinBytes: 1, MinTime: 1, Errnos: &table.ErrnoSet{},
			Paths: []string{"/tmp"}, FS: []string{"tmpfs"}, Devices: []uint32{1}}})
	if err != nil && haveKprobes() != nil {
		t.Skipf("this kernel shows nothing of the layers: %v", err)
	}
	if err != nil {
		t.Fatal(whole(err))
	}
	defer s.Close()
	for _, l := range s.layers() {
		for name, p := range l.spec.Programs {
			if p.Type == ebpf.Tracing {
				continue // refused on some kernels, and as those of kprobes
			}
			some := *l.spec
			some.Programs = map[string]*ebpf.ProgramSpec{name: p.Copy()}
			var coll *ebpf.Collection
			err := unlocked(func() (err error) {
				coll, err = ebpf.NewCollectionWithOptions(&some, ebpf.CollectionOptions{MapReplacements: l.maps,
					Programs: ebpf.ProgramOptions{KernelTypes: l.types, LogLevel: ebpf.LogLevelStats}})
				return err
			})
			if err != nil {
				t.Error(whole(err))
				continue
			}
			kind := name
			if p.Type == ebpf.Kprobe {
				kind = name[strings.LastIndex(name, "_")+1:]
			}
			note(t, l.name+"/"+kind, coll.Programs[name], most)
			coll.Close()
		}
	}
}

// note puts what the verifier said of a program into most.
func note(t *testing.T, name string, p *ebpf.Program, most map[string]int) {
	t.Helper()
	m := processed.FindStringSubmatch(p.VerifierLog)
	if m == nil {
		t.Errorf("%s: the verifier's log has no figure: %q", name, p.VerifierLog)
		return
	}
	n, _ := strconv.Atoi(m[1])
	most[name] = max(most[name], n)
}

// whole is an error with all that the verifier said.
func whole(err error) string {
	var ve *ebpf.VerifierError
	if errors.As(err, &ve) {
		return fmt.Sprintf("%v\n%+v", err, ve)
	}
	return err.Error()
}
