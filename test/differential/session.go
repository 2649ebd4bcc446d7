package differential

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ebtrace/ebtrace/test/testenv"
	"github.com/ebtrace/ebtrace/test/tracetext"
)

// session is one run of one program under one tracer.
type session struct {
	t      *testing.T
	tracer string
	prog   *program
	dir    string // where the program works; the same path for both tracers
	out    string // where the trace goes
	cmd    *exec.Cmd
	stop   func() // ends what before started
}

// environment is the same, to the byte, for every run: with address space
// randomization off, stack addresses depend on it.
func environment(home string) []string {
	return []string{
		"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "HOME=" + home, "LC_ALL=C", "TZ=UTC0", "PYTHONHASHSEED=0", "PERL_HASH_SEED=0",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b",
		"GIT_AUTHOR_DATE=2001-02-03T04:05:06Z", "GIT_COMMITTER_DATE=2001-02-03T04:05:06Z", "GIT_CONFIG_NOSYSTEM=1",
		"GOMAXPROCS=2", "GODEBUG=asyncpreemptoff=1",
	}
}

// trace runs the program under the tracer and reads what it wrote. ids are the
// tracer's and the test's process ids, which the program may see.
func (s *session) trace() (tr *tracetext.Trace, ids map[int]string) {
	s.t.Helper()
	s.prepare()
	if s.prog.before != nil {
		s.prog.before(s)
		defer s.stop()
	}
	args := append([]string{"-R", s.tracer, "-f", "-o", s.out}, s.prog.opts...)
	args = append(append(args, "--"), s.prog.run...)
	s.cmd = testenv.Command(s.t, "setarch", args...)
	s.cmd.Dir, s.cmd.Env = s.dir, environment(s.dir)
	var stderr bytes.Buffer
	s.cmd.Stderr = &stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ids = map[int]string{s.cmd.Process.Pid: "tracer", os.Getpid(): "test"}
	if s.prog.during != nil {
		s.prog.during(s)
	}
	err := s.cmd.Wait()
	f, openErr := os.Open(s.out)
	if openErr != nil {
		s.t.Fatalf("%s: %v; %v\n%s", s.tracer, err, openErr, stderr.Bytes())
	}
	defer f.Close()
	tr, perr := tracetext.Parse(f)
	if perr != nil {
		s.t.Fatalf("%s: %v (exit: %v)\n%s", s.out, perr, err, stderr.Bytes())
	}
	if len(tr.Threads) == 0 {
		s.t.Fatalf("%s: wrote nothing (exit: %v)\n%s", s.tracer, err, stderr.Bytes())
	}
	return tr, ids
}

// prepare makes the working directory afresh.
func (s *session) prepare() {
	s.t.Helper()
	if err := os.RemoveAll(s.dir); err != nil {
		s.t.Fatal(err)
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		s.t.Fatal(err)
	}
	script := s.prog.setup + "\nfind \"$HOME\" -exec touch -h -d 2001-02-03T04:05:06 {} +"
	cmd := testenv.Command(s.t, "/bin/sh", "-ec", script)
	cmd.Dir, cmd.Env = s.dir, environment(s.dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("setup: %v\n%s", err, out)
	}
}

// serveHTTP answers one request on port 18081 while the program runs.
func serveHTTP(s *session) {
	l, err := net.Listen("tcp", "127.0.0.1:18081")
	if err != nil {
		s.t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		fmt.Fprint(w, strings.Repeat("a line of the page\n", 50))
	})}
	go server.Serve(l)
	s.stop = func() { server.Close() }
}

// loadRedis puts a small load on the traced server and ends it.
func loadRedis(s *session) {
	waitPort(s.t, "127.0.0.1:18082")
	testenv.Run(s.t, "redis-benchmark", "-p", "18082", "-c", "1", "-n", "50", "-t", "set,get", "-q")
	exec.Command("redis-cli", "-p", "18082", "shutdown", "nosave").Run()
}

// serveRedis runs an untraced server for a traced client.
func serveRedis(s *session) {
	server := testenv.Command(s.t, "redis-server", "--port", "18083", "--save", "")
	server.Dir = s.dir
	if err := server.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.stop = func() {
		server.Process.Kill()
		server.Wait()
	}
	waitPort(s.t, "127.0.0.1:18083")
}

func waitPort(t *testing.T, addr string) {
	t.Helper()
	testenv.Eventually(t, "a server listens on "+addr, func() bool {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// compile builds what {name} in a command stands for.
func compile(t *testing.T, cmd []string) []string {
	t.Helper()
	data := filepath.Join(testenv.Root(), "test", "differential", "testdata")
	var out []string
	for _, word := range cmd {
		switch word {
		case "{mixed}", "{vforks}":
			word = testenv.CompileC(t, filepath.Join(data, strings.Trim(word, "{}")+".c"), "-w")
		case "{threads}":
			word = testenv.CompileC(t, filepath.Join(data, "threads.c"), "-pthread")
		case "{mixed32}":
			word = testenv.CompileC(t, filepath.Join(data, "mixed.c"), "-w", "-m32")
		case "{goprog}":
			word = filepath.Join(t.TempDir(), "goprog")
			testenv.Run(t, "go", "build", "-o", word, filepath.Join(data, "goprog", "main.go"))
		}
		out = append(out, word)
	}
	return out
}
