package main

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/ebtrace/ebtrace/test/testenv"
)

// written opens a place, writes text to it and closes it.
func written(t *testing.T, to outputTo, text string) error {
	t.Helper()
	s, err := openSink(to)
	if err != nil {
		return err
	}
	if _, err := s.Write([]byte(text)); err != nil {
		return err
	}
	return s.Close()
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOutputFile(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), "out")
	for _, c := range []struct {
		append     bool
		text, want string
	}{{false, "first, long\n", "first, long\n"}, {false, "second\n", "second\n"}, {true, "third\n", "second\nthird\n"}} {
		if err := written(t, outputTo{file: path, append: c.append}, c.text); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if st, _ := os.Stat(path); st.Mode().Perm() != outputMode {
		t.Errorf("mode %o", st.Mode().Perm())
	}
}

// TestOutputRefused: what is there stays as it was.
func TestOutputRefused(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	link, dangling, hard := filepath.Join(dir, "link"), filepath.Join(dir, "dangling"), filepath.Join(dir, "hard")
	for _, err := range []error{os.Symlink(file, link), os.Symlink(filepath.Join(dir, "none"), dangling)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	refused := map[string]string{
		link:          "it is a symbolic link; name the file itself",
		dangling:      "it is a symbolic link; name the file itself",
		dir:           "Is a directory",
		dir + "/no/x": "No such file or directory",
	}
	for path, why := range refused {
		if err := written(t, outputTo{file: path}, "x"); err == nil || err.Error() != "Can't open '"+path+"': "+why {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := os.Link(file, hard); err != nil {
		t.Fatal(err)
	}
	for _, appending := range []bool{false, true} {
		err := written(t, outputTo{file: hard, append: appending}, "x")
		if err == nil || !strings.HasSuffix(err.Error(), "it has other names (hard links): remove it first") {
			t.Error(err)
		}
	}
	if got := content(t, file); got != "precious" {
		t.Errorf("%q", got)
	}
	if _, err := os.Lstat(filepath.Join(dir, "none")); err == nil {
		t.Error("a file was made through a link")
	}
}

func TestOutputOfAnother(t *testing.T) {
	testenv.NeedRoot(t)
	path := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(path, []byte("precious"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	err := written(t, outputTo{file: path}, "x")
	if err == nil || !strings.HasSuffix(err.Error(), "it belongs to user 12345, not to user 0: remove it first") {
		t.Error(err)
	}
	if got := content(t, path); got != "precious" {
		t.Errorf("%q", got)
	}
}

func TestOutputPerThread(t *testing.T) {
	base := filepath.Join(t.TempDir(), "out")
	s, err := openSink(outputTo{file: base, separately: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one\n", "two\n"} { // the id comes back
		w, err := s.thread(7)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.(*sink).Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := content(t, base+".7"); got != "one\ntwo\n" {
		t.Errorf("%q", got)
	}
	if _, err := openSink(outputTo{file: "/nonexistent/x", separately: true}); err == nil ||
		err.Error() != "Can't make files in '/nonexistent': No such file or directory" {
		t.Error(err)
	}
}

func TestOutputPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	if err := written(t, outputTo{file: "|tr a-z A-Z > " + path}, "text\n"); err != nil {
		t.Fatal(err)
	}
	if got := content(t, path); got != "TEXT\n" {
		t.Errorf("%q", got)
	}
}

func TestOutputFull(t *testing.T) {
	err := written(t, outputTo{file: "/dev/full"}, "x")
	var we *writeError
	if !errors.As(err, &we) || err.Error() != "Can't write to '/dev/full': No space left on device" {
		t.Error(err)
	}
}

func TestOutputDescriptor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.WriteString("before\n")
	if err := written(t, outputTo{file: "/dev/fd/" + strconv.Itoa(int(f.Fd()))}, "after\n"); err != nil {
		t.Fatal(err)
	}
	if got := content(t, path); got != "before\nafter\n" {
		t.Errorf("%q", got)
	}
	if err := written(t, outputTo{file: "/dev/fd/999"}, "x"); err == nil || err.Error() != "Can't open '/dev/fd/999': Bad file descriptor" {
		t.Error(err)
	}
}
