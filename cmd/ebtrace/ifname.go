package main

import "golang.org/x/sys/unix"

// interfaceNames names network interfaces by their index, as ebtrace's own
// network namespace has them; each is asked for once.
func interfaceNames() func(uint32) string {
	names := map[uint32]string{}
	return func(index uint32) string {
		name, ok := names[index]
		if !ok {
			name = interfaceName(index)
			names[index] = name
		}
		return name
	}
}

// interfaceName asks the kernel (netdevice(7)); "" if it knows none.
func interfaceName(index uint32) string {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq("")
	if err != nil {
		return ""
	}
	req.SetUint32(index)
	if unix.IoctlIfreq(fd, unix.SIOCGIFNAME, req) != nil {
		return ""
	}
	return req.Name()
}
