package guest

import (
	"bufio"
	"testing"

	"github.com/ebtrace/ebtrace/loader"
	"github.com/ebtrace/ebtrace/test/testenv"
	"github.com/ebtrace/ebtrace/vmtest/workload"
)

// TestNetAttach: a socket from before the attach is known from its first
// message on, and what happens to it then.
func TestNetAttach(t *testing.T) {
	testenv.NeedRoot(t)
	o := messagesOnly(t)
	o.Ops = append(o.Ops, "state")
	r := newTracer(t, loader.Options{Times: true, Net: o})
	cmd := program("older", "")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatal(line, err)
	}
	waitFor(t, cmd.Process.Pid, readNumber())
	if _, err := r.sess.Follow(r.seq, r.emit, []int{cmd.Process.Pid}, true, true); err != nil {
		t.Fatal(err)
	}
	r.pumpUntil(func() bool { return r.calls["read"] > 0 }, func() { _, _ = in.Write([]byte("\n")) })
	s := r.finish()
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != workload.Status {
		t.Error(err)
	}
	const client, server = `TCP:\[127\.0\.0\.1:\d+->127\.0\.0\.1:8080\]`, `TCP:\[127\.0\.0\.1:8080->127\.0\.0\.1:\d+\]`
	s.work(1, `^ +net_send\(`+client+`.*\) = 21`)
	s.work(1, `^ +net_recv\(`+server+`.*\) = 21`)
	s.work(1, `^ *net_state\(`+client+`, ESTABLISHED->FIN_WAIT1\)$`)
	s.work(1, `^ *net_state\(`+server+`, CLOSE_WAIT->LAST_ACK\)$`)
	s.work(1, `^ *net_state\(`+client+`, FIN_WAIT2->CLOSE\)$`)
}

// TestNetGo: connections as Go programs make them, many at once: no byte is
// missing or told twice, and every connect that did not wait has its outcome.
func TestNetGo(t *testing.T) {
	testenv.NeedRoot(t)
	o := messagesOnly(t)
	o.Ops = append(o.Ops, "connected", "state")
	s := trace(t, loader.Options{Times: true, Net: o}, "gonet", "")
	s.ended(workload.Status)
	const n = workload.GoConnections
	const client, server = `TCP:\[127\.0\.0\.1:\d+->127\.0\.0\.1:\d+\]`, `(MP)?TCP:\[127\.0\.0\.1:\d+->127\.0\.0\.1:\d+\]`
	s.work(n, `net_send\(`+client+`.*\) = 100( |$)`)
	s.work(n, `net_send\(`+server+`.*\) = 1000( |$)`)
	s.work(n, `net_recv\(`+server+`.*\) = 100( |$)`)
	s.work(n, `net_recv\(`+client+`.*\) = (512|1000)( |$)`)
	s.work(n, `net_connected\(`+client+`\) = 0 <`)
	s.work(n, `net_state\(`+client+`, SYN_SENT->ESTABLISHED\)$`)
}
