// Package suggest finds the known word that a mistyped one was meant to be.
package suggest

import "iter"

// Near returns the word nearest to w by edit distance, the first of equals, or
// "" if none is near: at most one edit for every three bytes of w, and three
// in all.
func Near(w string, words iter.Seq[string]) string {
	best, limit := "", min(3, (len(w)+2)/3)
	for c := range words {
		if c == w || len(c)-len(w) > limit || len(w)-len(c) > limit {
			continue
		}
		if d := Distance(w, c); d <= limit {
			best, limit = c, d-1
		}
	}
	return best
}

// Distance counts the insertions, deletions, replacements and swaps of two
// neighbours that turn a into b, no byte being edited twice (optimal string
// alignment).
func Distance(a, b string) int {
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}
