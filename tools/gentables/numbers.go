package main

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
)

// maxNR is EB_MAX_NR of bpf/plan.h: no number may reach it.
const maxNR = 512

// genNumbers writes the names of the system calls by number, and the numbers
// in the order of their names, from <asm/unistd.h> of each ABI.
func genNumbers(c *clang) ([]byte, error) {
	b := header("table", "asm/unistd.h")
	var names, order bytes.Buffer
	for abi := range abis {
		list, err := numbers(c, abi)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&names, "\t{ // %s\n", abis[abi].name)
		fmt.Fprintf(&order, "\t{ // %s", abis[abi].name)
		var nrs []int
		for nr, name := range list {
			if name != "" {
				fmt.Fprintf(&names, "\t\t%d: %q,\n", nr, name)
				nrs = append(nrs, nr)
			}
		}
		sort.Slice(nrs, func(i, j int) bool { return list[nrs[i]] < list[nrs[j]] })
		for i, nr := range nrs {
			if i%16 == 0 {
				order.WriteString("\n\t\t")
			}
			fmt.Fprintf(&order, "%d, ", nr)
		}
		names.WriteString("\t},\n")
		order.WriteString("\n\t},\n")
	}
	fmt.Fprintf(b, "\n// callNames are the names of the system calls by ABI and number.\nvar callNames = [NumABI][]string{\n%s}\n", &names)
	fmt.Fprintf(b, "\n// callOrder are the numbers by ABI, in the order of their names.\nvar callOrder = [NumABI][]uint16{\n%s}\n", &order)
	return b.Bytes(), nil
}

// numbers returns the names of an ABI's calls by number.
func numbers(c *clang, abi int) ([]string, error) {
	headers := []string{"asm/unistd.h"}
	macros, err := c.macros(abi, headers)
	if err != nil {
		return nil, err
	}
	var calls []string
	for _, m := range macros {
		name, ok := strings.CutPrefix(m, "__NR_")
		if ok && name != "syscalls" && name != "arch_specific_syscall" {
			calls = append(calls, m)
		}
	}
	vals, err := c.eval(abi, headers, calls)
	if err != nil {
		return nil, err
	}
	var list []string
	for i, v := range vals {
		name := strings.TrimPrefix(calls[i], "__NR_")
		if v.err != "" {
			return nil, fmt.Errorf("%s: %s: %s", abis[abi].name, name, v.err)
		}
		if v.v >= maxNR {
			return nil, fmt.Errorf("%s: %s is number %d: raise EB_MAX_NR (bpf/plan.h) and maxNR", abis[abi].name, name, v.v)
		}
		for uint64(len(list)) <= v.v {
			list = append(list, "")
		}
		if list[v.v] != "" {
			return nil, fmt.Errorf("%s: %s and %s are both number %d", abis[abi].name, name, list[v.v], v.v)
		}
		list[v.v] = name
	}
	return list, nil
}
