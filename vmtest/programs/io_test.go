package programs

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// reader does what /proc/PID/io counts: files, pipes and vectors, in
// two halves of the story that the kernel tells on its output.
const reader = `
import os
def io(): # one read, so that the trace shows where the kernel counted
    fd = os.open("/proc/self/io", os.O_RDONLY)
    s = os.read(fd, 4096)
    os.close(fd)
    return s.decode()
a = io()
fd = os.open("/tmp/io-file", os.O_RDWR | os.O_CREAT | os.O_TRUNC)
for i in range(300):
    os.write(fd, b"x" * i)
    os.pwrite(fd, b"yy", i)
    os.pread(fd, 100, i)
os.lseek(fd, 0, 0)
while os.read(fd, 4000): pass
os.writev(fd, [b"a" * 10, b"b" * 20])
os.preadv(fd, [bytearray(7), bytearray(9)], 3)
r, w = os.pipe()
for i in range(50):
    os.write(w, b"p" * (i + 1))
    os.read(r, 10000)
try: os.read(w, 1)
except OSError: pass
b = io()
print(a + b)
`

// TestProcIO: the totals of a process are those that the kernel accounts for
// in /proc/PID/io.
func TestProcIO(t *testing.T) {
	needPrograms(t)
	lines, said := traced(t, []string{"--vfs=read,write", "-e", "trace=none"}, "python3", "-c", reader)
	var got [4]int64 // rchar wchar syscr syscw
	inside := false
	for i := range lines {
		l := &lines[i]
		if l.Type != "vfs" {
			continue
		}
		if strings.HasSuffix(l.File.Path, "/io") && strings.HasPrefix(l.File.Path, "/proc/") {
			if inside {
				break
			}
			inside = true // the kernel counts the read after it has told the count
		}
		if !inside || l.failed() { // the kernel does not count a read of what is not open for it
			continue
		}
		if l.Operation == "read" {
			got[0], got[2] = got[0]+l.result(), got[2]+1
		} else {
			got[1], got[3] = got[1]+l.result(), got[3]+1
		}
	}
	for i, name := range []string{"rchar", "wchar", "syscr", "syscw"} {
		all := regexp.MustCompile(name+`: (\d+)`).FindAllStringSubmatch(said, -1)
		if len(all) != 2 {
			t.Fatalf("the program said:\n%s", said)
		}
		from, _ := strconv.ParseInt(all[0][1], 10, 64)
		to, _ := strconv.ParseInt(all[1][1], 10, 64)
		if got[i] != to-from {
			t.Errorf("%s: %d seen, the kernel counts %d", name, got[i], to-from)
		}
		t.Logf("%s: %d", name, to-from)
	}
}
