package enforce

import (
	"strconv"
	"strings"
)

// maxLinks is how many symbolic links one path may have (MAXSYMLINKS,
// include/linux/namei.h).
const maxLinks = 40

// walker follows a path as the kernel would for another task: from its root,
// and with its own /proc/self.
type walker struct {
	root     string
	tid, pid int
	links    int
}

// walk returns the absolute name of path name from directory base. What does
// not exist keeps its name. With follow the last link is followed too.
func (w *walker) walk(base, name string, follow bool) string {
	at := base
	rest := strings.Split(name, "/")
	for i := 0; i < len(rest); i++ {
		part := rest[i]
		switch part {
		case "", ".":
			continue
		case "..":
			at = w.up(at)
			continue
		}
		next := join(at, w.self(at, part))
		last := strings.Trim(strings.Join(rest[i+1:], "/"), "/") == "" && !strings.HasSuffix(name, "/")
		if last && !follow {
			return next
		}
		target, err := readlink(next)
		if err != nil {
			at = next
			continue
		}
		if w.links++; w.links > maxLinks {
			return next
		}
		target = strings.TrimSuffix(target, " (deleted)")
		magic := w.magic(next)
		if magic { // the text of such a link is the name as ebtrace's root has it
			if strings.HasPrefix(target, "/") {
				at = target
			} else {
				at = next // a pipe or socket
			}
			continue
		}
		if strings.HasPrefix(target, "/") {
			at = w.root
		}
		rest = append(strings.Split(target, "/"), rest[i+1:]...)
		name = strings.Join(rest, "/")
		i = -1
	}
	return at
}

// up is the directory above, not above the task's root.
func (w *walker) up(at string) string {
	if at == w.root || at == "/" {
		return at
	}
	i := strings.LastIndexByte(at, '/')
	return at[:max(i, 1)]
}

func join(dir, name string) string {
	if dir == "/" {
		return "/" + name
	}
	return dir + "/" + name
}

// self is the process that /proc/self means to the task.
func (w *walker) self(at, part string) string {
	if !strings.HasSuffix(at, "/proc") {
		return part
	}
	switch part {
	case "self":
		return strconv.Itoa(w.pid)
	case "thread-self":
		return strconv.Itoa(w.pid) + "/task/" + strconv.Itoa(w.tid)
	}
	return part
}

// magic says whether a link is one of proc(5) that leads to a file itself.
func (w *walker) magic(link string) bool {
	_, rest, ok := strings.Cut(link, "/proc/")
	if !ok {
		return false
	}
	parts := strings.Split(rest, "/")
	if len(parts) > 2 && parts[1] == "task" {
		parts = parts[2:]
	}
	if len(parts) < 2 {
		return false
	}
	switch parts[1] {
	case "root", "cwd", "exe":
		return len(parts) == 2
	case "fd", "map_files":
		return len(parts) == 3
	}
	return false
}
