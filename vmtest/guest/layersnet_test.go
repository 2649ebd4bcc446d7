package guest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ebtrace/ebtrace/docs"
	"github.com/ebtrace/ebtrace/internal/schema"
)

// TestNetCommand: the network by the command, in every form.
func TestNetCommand(t *testing.T) {
	dir := t.TempDir()
	trace := layered(t, "net", dir, "-T", "--net", "--vfs=write", "-e", "trace=%net,read,write")
	t.Log(trace)
	matches(t, trace,
		`^\d+ +connect\(.*\) = 0 <[\d.]+ vfs 0\.000000 net [\d.]+ blocked [\d.]+ running [\d.]+>$`,
		`^\d+ +net_connect\(TCP:\[127\.0\.0\.1:\d+->127\.0\.0\.1:8080\], addr=127\.0\.0\.1:8080.*\) = 0 <`,
		`^\d+ +net_connected\(TCP:\[.*\]\) = -1 ECONNREFUSED`,
		`^\d+ +net_state\(TCP:\[.*8080\], CLOSE->LISTEN\)$`,
		`^\d+ +net_send\(UDP:\[.*, addr=127\.0\.0\.1:53, bytes=33, dns="query A www\.example\.org"\) = 33 <`)
	sch, err := schema.Parse(docs.Schema)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"--json", "--json=nested"} {
		trace := layered(t, "net", t.TempDir(), form, "--net", "--vfs", "-T")
		for line := range strings.Lines(trace) {
			if err := sch.Validate([]byte(line)); err != nil {
				t.Errorf("%v in %s", err, line)
			}
		}
		matches(t, trace, `"dns":\{"id":4660,"kind":"answer","code":"NOERROR",.*"data":"192\.0\.2\.1"`)
		if form == "--json=nested" { // a socket is written to as a file: a send within a write within the call
			const inner = `"name":"write",.*"work":\[\{"type":"vfs",.*"operation":"write",.*"work":\[\{"type":"net",.*"operation":"send",`
			matches(t, trace, inner)
			t.Log(regexp.MustCompile(`(?m)^.*` + inner + `.*$`).FindString(trace))
		}
	}
	trace = layered(t, "net", t.TempDir(), "-c", "--net", "-e", "trace=%net", "-S", "bytes")
	t.Log(trace)
	matches(t, trace, `^Usage summary of the network:$`, `^ *[\d.]+ +[\d.]+ +\d+ +\d+ +\d+ +\d+ recv$`)
}

// TestPeerLater: a process that is not traced is found at the other end of a
// connection.
func TestPeerLater(t *testing.T) {
	layered(t, "nothing", t.TempDir(), "--net=connect") // or skip
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	cmd := program("dial", fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
	cmd.Path = "/bin/ebtrace"
	cmd.Args = []string{cmd.Path, "-o", out, "--net=connect", "-e", "trace=connect", "--", self}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	shown := func() bool {
		b, _ := os.ReadFile(out)
		return strings.Contains(string(b), "net_connect(")
	}
	for n := 0; n < 600 && !shown(); n++ { // until it is shown, or for a minute
		time.Sleep(100 * time.Millisecond)
	}
	conn.Close()
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 7 {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	matches(t, string(b), fmt.Sprintf(`net_connect\(TCP:\[.*\], addr=.*, peer=%d<guest\.test> /\* looked up later \*/\) = 0`, os.Getpid()))
}
