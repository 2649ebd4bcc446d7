package enforce

// Match is what a rule asks of a call besides its number.
type Match struct{}
