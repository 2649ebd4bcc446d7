package tracetext

// Pair is one step of an alignment of two sequences: an index into each, -1
// where one has nothing.
type Pair struct{ A, B int }

// Align matches two sequences of n and m items by equal, in their order, with
// as few left over as possible (Myers' O(ND) difference). Past maxDiff
// differences the rest is returned unmatched.
func Align(n, m int, equal func(a, b int) bool) []Pair {
	const maxDiff = 4000
	var pairs []Pair
	head := 0
	for head < n && head < m && equal(head, head) {
		pairs = append(pairs, Pair{head, head})
		head++
	}
	tail := 0
	for tail < n-head && tail < m-head && equal(n-1-tail, m-1-tail) {
		tail++
	}
	mid := middle(n-head-tail, m-head-tail, maxDiff, func(a, b int) bool { return equal(a+head, b+head) })
	for _, p := range mid {
		if p.A >= 0 {
			p.A += head
		}
		if p.B >= 0 {
			p.B += head
		}
		pairs = append(pairs, p)
	}
	for i := tail; i > 0; i-- {
		pairs = append(pairs, Pair{n - i, m - i})
	}
	return pairs
}

// middle is Myers' greedy search with the frontiers kept for the way back.
func middle(n, m, maxDiff int, equal func(a, b int) bool) []Pair {
	limit := min(n+m, maxDiff)
	frontier := make([]int, 2*limit+3)
	off := limit + 1
	var kept [][]int
	for d := 0; d <= limit; d++ {
		kept = append(kept, append([]int(nil), frontier[off-d-1:off+d+2]...))
		for k := -d; k <= d; k += 2 {
			x := frontier[off+k-1] + 1
			if k == -d || (k != d && frontier[off+k-1] < frontier[off+k+1]) {
				x = frontier[off+k+1]
			}
			for x < n && x-k >= 0 && x-k < m && equal(x, x-k) {
				x++
			}
			frontier[off+k] = x
			if x >= n && x-k >= m {
				return walkBack(kept, n, m)
			}
		}
	}
	return unmatched(n, m)
}

func walkBack(kept [][]int, n, m int) []Pair {
	var rev []Pair
	x, y := n, m
	for d := len(kept) - 1; d > 0; d-- {
		at := func(k int) int { return kept[d][k+d+1] }
		k := x - y
		prev := k - 1
		if k == -d || (k != d && at(k-1) < at(k+1)) {
			prev = k + 1
		}
		start := at(prev) // where the step to diagonal k ended
		if prev == k-1 {
			start++
		}
		for x > start {
			x, y = x-1, y-1
			rev = append(rev, Pair{x, y})
		}
		if prev == k-1 {
			x--
			rev = append(rev, Pair{x, -1})
		} else {
			y--
			rev = append(rev, Pair{-1, y})
		}
	}
	for x > 0 && y > 0 {
		x, y = x-1, y-1
		rev = append(rev, Pair{x, y})
	}
	for i, j := 0, len(rev)-1; i < j; i, j = i+1, j-1 {
		rev[i], rev[j] = rev[j], rev[i]
	}
	return rev
}

func unmatched(n, m int) []Pair {
	var pairs []Pair
	for i := range n {
		pairs = append(pairs, Pair{i, -1})
	}
	for i := range m {
		pairs = append(pairs, Pair{-1, i})
	}
	return pairs
}
