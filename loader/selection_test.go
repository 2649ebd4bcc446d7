package loader

import (
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/ebtrace/ebtrace/bpf"
	"github.com/ebtrace/ebtrace/decode/table"
	"github.com/ebtrace/ebtrace/events"
	"github.com/ebtrace/ebtrace/test/testenv"
)

// What is not selected must not reach user space: these tests count records in
// the rings, not lines. The command makes 1,000 reads and 1,000 writes of one
// byte, on descriptors 0 and 1.
var ddCommand = []string{"dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=1000", "status=none"}

// recorded is what a command left in the rings.
type recorded struct {
	enter, call map[string]int // by syscall name
	rare        int
}

func record(t *testing.T, o Options, command []string) recorded {
	t.Helper()
	testenv.NeedRoot(t)
	path, err := exec.LookPath(command[0])
	if err != nil {
		t.Skipf("%s is not installed", command[0])
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	pid, err := s.Launch(func() (int, error) {
		return syscall.ForkExec(path, command, &syscall.ProcAttr{Env: []string{"LC_ALL=C"}, Files: []uintptr{0, 1, 2}})
	})
	if err != nil {
		t.Fatal(err)
	}
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &ws, 0, nil); err != nil || ws.ExitStatus() != 0 {
		t.Fatalf("wait: %v, status %v", err, ws)
	}
	q := newQueue()
	s.drain(q)
	b := struct{ calls, rare []byte }{join(q.fill.calls), join(q.fill.rare)}
	got := recorded{map[string]int{}, map[string]int{}, 0}
	var r events.Record
	for all := b.calls; len(all) > 0; all = all[r.Size:] {
		if err := events.Parse(all, &r); err != nil {
			t.Fatal(err)
		}
		to := got.call
		if r.Kind == uint8(bpf.TraceEbKindEB_ENTER) {
			to = got.enter
		}
		to[table.Name(table.ABI(r.Abi), r.Nr)]++
	}
	for all := b.rare; len(all) > 0; all = all[r.Size:] {
		if err := events.Parse(all, &r); err != nil {
			t.Fatal(err)
		}
		got.rare++
	}
	return got
}

func join(chunks []*events.Chunk) (all []byte) {
	for _, c := range chunks {
		all = append(all, c.Buf...)
	}
	return all
}

func calls(t *testing.T, expr string) *table.CallSet {
	t.Helper()
	set, err := table.ParseCalls(expr)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func (r recorded) total() (n int) {
	for _, m := range []map[string]int{r.enter, r.call} {
		for _, v := range m {
			n += v
		}
	}
	return n
}

func TestUnselectedCallsMakeNoRecords(t *testing.T) {
	read := calls(t, "read")
	got := record(t, Options{Enter: read, Exit: read}, ddCommand)
	if n := got.call["read"]; n < 1000 || n > 1010 || got.total() != n {
		t.Errorf("%d records, %d of read: want 1,000 and the loader's few, nothing else", got.total(), n)
	}
}

func TestFilteredCallsMakeNoRecords(t *testing.T) {
	failed, unfinished, one := table.Failed, table.Unfinished, table.FDSet{FDs: []int32{1}}
	rw := calls(t, "read,write")
	for _, tt := range []struct {
		name string
		o    Options
		min  int
		max  int
	}{
		{"failed calls only", Options{Enter: rw, Exit: rw, Status: &failed}, 0, 0},
		{"calls that never return", Options{Status: &unfinished}, 1, 2},   // exit_group, and the execve as below
		{"longer than a minute", Options{MinDuration: time.Minute}, 0, 1}, // the arguments of an execve are gone at its end
		{"descriptor 1", Options{Enter: rw, Exit: rw, FDSet: &one}, 2000, 2000},
		{"another command", Options{Comms: []string{"nosuch"}}, 0, 0},
		{"this command", Options{Enter: rw, Exit: rw, Comms: []string{"dd"}}, 3000, 3010},
		{"another user", Options{UIDs: []uint32{4242}}, 0, 0},
		{"a path", Options{Paths: []string{"/dev/zero"}, Enter: calls(t, "openat,read"), Exit: calls(t, "openat,read")}, 1000, 1010},
		{"only counts", Options{Counts: true}, 0, 0},
		{"entries alone", Options{Enter: calls(t, "read"), Exit: calls(t, "none")}, 1000, 1010},
		{"exits alone", Options{Enter: calls(t, "none"), Exit: calls(t, "read")}, 1000, 1010},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.StrSize, tt.o.Times = 32, true
			got := record(t, tt.o, ddCommand)
			if n := got.total(); n < tt.min || n > tt.max {
				t.Errorf("%d records of calls, want %d to %d: entries %v, exits %v", n, tt.min, tt.max, got.enter, got.call)
			}
		})
	}
}

func TestUnselectedSignalsMakeNoRecords(t *testing.T) {
	none := calls(t, "none")
	command := []string{"sh", "-c", "trap : USR1; kill -USR1 $$; kill -USR1 $$; kill -USR1 $$"}
	all := record(t, Options{Enter: none, Exit: none, Signals: table.AllSignals}, command)
	few := record(t, Options{Enter: none, Exit: none}, command)
	if all.rare-few.rare != 3 {
		t.Errorf("%d rare records with signals, %d without: want 3 more", all.rare, few.rare)
	}
}

func TestPureCallsNeedNoEntry(t *testing.T) {
	testenv.NeedRoot(t)
	for expr, want := range map[string]bool{"getppid": false, "getpid,getuid": false, "read": true, "openat": true, "all": true} {
		s, err := Open(Options{Enter: calls(t, expr), Exit: calls(t, expr)})
		if err != nil {
			t.Fatal(err)
		}
		if s.HasEntry() != want {
			t.Errorf("%s: sys_enter attached: %v, want %v", expr, s.HasEntry(), want)
		}
		s.Close()
	}
}
