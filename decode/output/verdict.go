package output

import "github.com/ebtrace/ebtrace/decode"

// verdict appends what a rule made of a call: " (INJECTED)" and " (DELAYED)"
// as strace has them, or " (DENIED by NAME)" for a rule with a name. Other
// arguments than those that were asked for follow the name.
func (f *format) verdict(b []byte, c *decode.Call) []byte {
	v := c.Verdict
	if v.Action != 0 {
		b = f.verdictWord(b, c, verdictWord(v))
	}
	if v.Delayed {
		b = f.verdictWord(b, c, "DELAYED")
	}
	if v.Action == 0 && !v.Delayed && v.Rule != "" {
		b = f.verdictWord(b, c, "ALLOWED")
	}
	return b
}

// verdictWords of rules with names.
var verdictWords = [...]string{decode.Denied: "DENIED", decode.Returned: "RETURNED", decode.Killed: "KILLED", decode.Changed: "CHANGED",
	decode.Rewritten: "REWRITTEN", decode.Redirected: "REDIRECTED", decode.Asked: "ASKED"}

func verdictWord(v *decode.Verdict) string {
	switch {
	case v.Action == decode.Unchecked:
		return "UNCHECKED"
	case v.Rule == "" && v.Action == decode.Changed:
		return "INJECTED: args"
	case v.Rule == "" && v.Poked:
		return "INJECTED: args, retval"
	case v.Rule == "":
		return "INJECTED"
	}
	return verdictWords[v.Action]
}

func (f *format) verdictWord(b []byte, c *decode.Call, word string) []byte {
	v := c.Verdict
	b = append(b, " ("...)
	if v.Monitor {
		b = append(b, "WOULD BE "...)
	}
	b = append(b, word...)
	if v.Rule != "" && v.Action != decode.Unchecked {
		b = append(append(b, " by "...), v.Rule...)
	}
	switch {
	case word == "DELAYED":
	case v.Refused:
		b = append(b, ": it cannot be done here"...)
	case v.Answer != 0:
		b = append(append(b, ": "...), answerWords[v.Answer]...)
	}
	if len(v.Final) > 0 && word != "DELAYED" {
		b = append(append(append(b, ": "...), c.Name...), '(')
		b = append(f.args(b, v.Final), ')')
	}
	return append(b, ')')
}

// answerWords are what the text says of answers, and jsonAnswers the values of "answer".
var (
	answerWords = [...]string{decode.AnsweredYes: "asked", decode.AnsweredNo: "asked", decode.Unanswered: "no answer"}
	jsonAnswers = [...]string{decode.AnsweredYes: "yes", decode.AnsweredNo: "no", decode.Unanswered: "none"}
)

// jsonActions are the values of "action".
var jsonActions = [...]string{0: "allow", decode.Denied: "deny", decode.Returned: "return", decode.Killed: "kill", decode.Changed: "change",
	decode.Rewritten: "rewrite", decode.Redirected: "redirect", decode.Asked: "ask", decode.Unchecked: "unchecked"}

// verdict appends the member "verdict".
func (j *jsonValues) verdict(b []byte, v *decode.Verdict) []byte {
	b = append(append(append(b, `,"verdict":{"action":"`...), jsonActions[v.Action]...), '"')
	if v.Rule != "" {
		b = appendJSONName(append(b, `,"rule":`...), v.Rule)
	}
	if v.Answer != 0 {
		b = append(append(append(b, `,"answer":"`...), jsonAnswers[v.Answer]...), '"')
	}
	for _, m := range []struct {
		on   bool
		name string
	}{{v.Poked, "poked"}, {v.Refused, "refused"}, {v.Delayed, "delayed"}, {v.Monitor, "monitor"}} {
		if m.on {
			b = append(append(append(b, `,"`...), m.name...), `":true`...)
		}
	}
	if len(v.Final) > 0 {
		b = j.list(append(b, `,"final":`...), v.Final, true)
	}
	return append(b, '}')
}
