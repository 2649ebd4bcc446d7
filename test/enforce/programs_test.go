package enforce

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// policyFile writes a policy with these rules.
func policyFile(t *testing.T, rules ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.yaml")
	text := "version: 1\nrules:\n"
	for _, r := range rules {
		text += "  - " + r + "\n"
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestServerDeniedADirectory: python's web server gives out its files, but not
// those of a directory that is kept from it, by whatever name.
func TestServerDeniedADirectory(t *testing.T) {
	tracer := testenv.Tracer(t)
	testenv.NeedTools(t, "python3")
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"open": "public", "private/key": "secret"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("private/key", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	policy := policyFile(t, fmt.Sprintf(`{name: private, syscalls: [open, "%%file"], path: %s/private/**, deny: EACCES}`, dir))
	port := freePort(t)
	cmd := testenv.Command(t, tracer, "-qq", "-f", "-e", "trace=%file", "--enforce", policy, "--",
		"python3", "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", dir, fmt.Sprint(port))
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	base := fmt.Sprintf("http://127.0.0.1:%d/", port)
	testenv.Eventually(t, "the server answers", func() bool { _, err := http.Get(base + "open"); return err == nil })
	for path, want := range map[string]int{"open": 200, "private/key": 404, "private/": 404, "link": 404, "sub/../open": 404} {
		r, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != want && path != "sub/../open" || strings.Contains(string(text), "secret") {
			t.Errorf("%s: %d %q", path, r.StatusCode, text)
		}
	}
	_ = cmd.Process.Signal(syscall.SIGTERM) // which the server gets
	_ = cmd.Wait()
	if !strings.Contains(errs.String(), "(DENIED by private)") {
		t.Error(errs.String())
	}
}

// freePort is a port that nobody listens at.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// TestGitWithoutNetwork: git works on its files, but reaches no server.
func TestGitWithoutNetwork(t *testing.T) {
	tracer := testenv.Tracer(t)
	testenv.NeedTools(t, "git")
	policy := policyFile(t, `{name: offline, syscalls: [connect, sendto], addr: ["0.0.0.0/0:*", "[::]/0:*"], deny: ENETUNREACH}`)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	called := make(chan struct{}, 16)
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			called <- struct{}{}
			c.Close()
		}
	}()
	url := fmt.Sprintf("git://127.0.0.1:%d/x", l.Addr().(*net.TCPAddr).Port)
	script := `git init -q r && cd r && echo x > f && git add f && git -c user.name=n -c user.email=e commit -qm c && git log --oneline | wc -l; git fetch -q ` + url
	env := []string{"env", "-i", "PATH=/usr/bin:/bin", "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "sh", "-c", script}
	out, _, _ := run(t, env[0], env[1:]...)
	if strings.TrimSpace(out) != "1" || len(called) == 0 {
		t.Fatalf("without a policy: %q, %d connections: the test proves nothing", out, len(called))
	}
	for len(called) > 0 {
		<-called
	}
	out, errs, _ := run(t, tracer, append([]string{"-qq", "-f", "-e", "trace=connect", "-e", "signal=none", "--enforce", policy, "--"}, env...)...)
	if strings.TrimSpace(out) != "1" || len(called) != 0 || !strings.Contains(errs, "(DENIED by offline)") || !strings.Contains(errs, "Network is unreachable") {
		t.Errorf("%q, %d connections\n%s", out, len(called), errs)
	}
}

// TestBuildWithSlowDisk: a package is built with each fsync delayed: the same
// package, and as many delays as fsyncs.
func TestBuildWithSlowDisk(t *testing.T) {
	tracer := testenv.Tracer(t)
	testenv.NeedTools(t, "dpkg-deb")
	policy := policyFile(t, `{name: slow-disk, syscalls: [fsync, fdatasync, sync_file_range], delay: {exit: 50ms}}`)
	script := `mkdir -p p/DEBIAN p/usr/share/x && printf 'Package: x\nVersion: 1\nArchitecture: all\nMaintainer: n <n@e>\nDescription: x\n' > p/DEBIAN/control &&
		echo data > p/usr/share/x/f && dpkg-deb -b p x.deb >/dev/null && python3 -c 'import os; f = open("x.deb"); os.fsync(f.fileno()); os.fdatasync(f.fileno())' &&
		dpkg-deb -f x.deb Package && dpkg-deb -c x.deb | grep -c usr/share/x/f`
	start := time.Now()
	out, errs, _ := run(t, tracer, "-qq", "-f", "-T", "-e", "trace=fsync,fdatasync", "-e", "signal=none", "--enforce", policy, "--", "sh", "-c", script)
	took := time.Since(start)
	if out != "x\n1\n" {
		t.Errorf("%q\n%s", out, errs)
	}
	n := strings.Count(errs, "(DELAYED by slow-disk)")
	if n < 2 || n != strings.Count(errs, "sync(") || took < time.Duration(n)*50*time.Millisecond {
		t.Errorf("%d delays in %v\n%s", n, took, errs)
	}
}

// TestCurlSentElsewhere: curl connects to another address than it asks for,
// and the trace shows both.
func TestCurlSentElsewhere(t *testing.T) {
	tracer := testenv.Tracer(t)
	testenv.NeedTools(t, "curl")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "for %s\n", r.Host) })}
	go srv.Serve(l)
	defer srv.Close()
	port := l.Addr().(*net.TCPAddr).Port
	policy := policyFile(t, fmt.Sprintf(`{name: detour, syscalls: [connect], addr: "192.0.2.1:80", redirect: "127.0.0.1:%d"}`, port))
	out, errs, _ := run(t, tracer, "-qq", "-f", "-a", "0", "-e", "trace=connect", "-e", "signal=none", "--enforce", policy, "--",
		"env", "-i", "PATH=/usr/bin:/bin", "curl", "-s", "--max-time", "30", "http://192.0.2.1/")
	if out != "for 192.0.2.1\n" {
		t.Errorf("%q\n%s", out, errs)
	}
	for _, want := range []string{`sin_port=htons(80), sin_addr=inet_addr("192.0.2.1")}, 16) = -1 EINPROGRESS`,
		fmt.Sprintf(`(REDIRECTED by detour: connect(5, {sa_family=AF_INET, sin_port=htons(%d), sin_addr=inet_addr("127.0.0.1")}, 16))`, port)} {
		if !strings.Contains(errs, strings.Replace(want, "connect(5", "connect(", 1)) && !strings.Contains(errs, want) {
			t.Errorf("%s is not in\n%s", want, errs)
		}
	}
}
