package decode

// signalNames are by number, the same on every ABI here (signal(7)). The first
// two real-time signals are the kernel's count; programs call the 34th
// SIGRTMIN, but a tracer shows what the kernel sees.
var signalNames = [65]string{
	1:  "SIGHUP",
	2:  "SIGINT",
	3:  "SIGQUIT",
	4:  "SIGILL",
	5:  "SIGTRAP",
	6:  "SIGABRT",
	7:  "SIGBUS",
	8:  "SIGFPE",
	9:  "SIGKILL",
	10: "SIGUSR1",
	11: "SIGSEGV",
	12: "SIGUSR2",
	13: "SIGPIPE",
	14: "SIGALRM",
	15: "SIGTERM",
	16: "SIGSTKFLT",
	17: "SIGCHLD",
	18: "SIGCONT",
	19: "SIGSTOP",
	20: "SIGTSTP",
	21: "SIGTTIN",
	22: "SIGTTOU",
	23: "SIGURG",
	24: "SIGXCPU",
	25: "SIGXFSZ",
	26: "SIGVTALRM",
	27: "SIGPROF",
	28: "SIGWINCH",
	29: "SIGIO",
	30: "SIGPWR",
	31: "SIGSYS",
	32: "SIGRTMIN",
	33: "SIGRT_1",
	34: "SIGRT_2",
	35: "SIGRT_3",
	36: "SIGRT_4",
	37: "SIGRT_5",
	38: "SIGRT_6",
	39: "SIGRT_7",
	40: "SIGRT_8",
	41: "SIGRT_9",
	42: "SIGRT_10",
	43: "SIGRT_11",
	44: "SIGRT_12",
	45: "SIGRT_13",
	46: "SIGRT_14",
	47: "SIGRT_15",
	48: "SIGRT_16",
	49: "SIGRT_17",
	50: "SIGRT_18",
	51: "SIGRT_19",
	52: "SIGRT_20",
	53: "SIGRT_21",
	54: "SIGRT_22",
	55: "SIGRT_23",
	56: "SIGRT_24",
	57: "SIGRT_25",
	58: "SIGRT_26",
	59: "SIGRT_27",
	60: "SIGRT_28",
	61: "SIGRT_29",
	62: "SIGRT_30",
	63: "SIGRT_31",
	64: "SIGRT_32",
}

// SignalName is the name of signal n, SIGINT for 2, "" if it has none.
func SignalName(n uint64) string {
	if n < uint64(len(signalNames)) {
		return signalNames[n]
	}
	return ""
}
