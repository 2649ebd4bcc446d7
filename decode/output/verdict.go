package output

import "github.com/ebtrace/ebtrace/decode"

// appendVerdict appends what a rule made of a call: " (INJECTED)" and
// " (DELAYED)" as strace has them, or " (DENIED by NAME)" for a rule with a name.
func appendVerdict(b []byte, v *decode.Verdict) []byte {
	if v.Action != 0 {
		b = appendVerdictWord(b, v, verdictWord(v))
	}
	if v.Delayed {
		b = appendVerdictWord(b, v, "DELAYED")
	}
	if v.Action == 0 && !v.Delayed && v.Rule != "" {
		b = appendVerdictWord(b, v, "ALLOWED")
	}
	return b
}

func verdictWord(v *decode.Verdict) string {
	switch {
	case v.Rule == "" && v.Action == decode.Changed:
		return "INJECTED: args"
	case v.Rule == "":
		return "INJECTED"
	case v.Action == decode.Denied:
		return "DENIED"
	case v.Action == decode.Returned:
		return "RETURNED"
	case v.Action == decode.Killed:
		return "KILLED"
	}
	return "CHANGED"
}

func appendVerdictWord(b []byte, v *decode.Verdict, word string) []byte {
	b = append(b, " ("...)
	if v.Monitor {
		b = append(b, "WOULD BE "...)
	}
	b = append(b, word...)
	if v.Rule != "" {
		b = append(append(b, " by "...), v.Rule...)
	}
	return append(b, ')')
}

// jsonActions are the values of "action".
var jsonActions = [...]string{0: "allow", decode.Denied: "deny", decode.Returned: "return", decode.Killed: "kill", decode.Changed: "change"}

// appendJSONVerdict appends the member "verdict".
func appendJSONVerdict(b []byte, v *decode.Verdict) []byte {
	b = append(append(append(b, `,"verdict":{"action":"`...), jsonActions[v.Action]...), '"')
	if v.Rule != "" {
		b = appendJSONName(append(b, `,"rule":`...), v.Rule)
	}
	if v.Delayed {
		b = append(b, `,"delayed":true`...)
	}
	if v.Monitor {
		b = append(b, `,"monitor":true`...)
	}
	return append(b, '}')
}
