package bpf

// TraceObject is the compiled object of bpf/trace.bpf.c, as LoadTrace reads it.
func TraceObject() []byte { return _TraceBytes }
