// Package suggest finds the name that a misspelt one was meant to be.
package suggest

// Nearest returns the candidate that resembles a word most, or "" if none differs in
// at most a third of the word's bytes. A word that is a candidate resembles itself.
func Nearest(word string, candidates []string) string {
	nearest, best := "", len(word)/3+1
	for _, c := range candidates {
		if d := Distance(word, c); d < best {
			nearest, best = c, d
		}
	}
	return nearest
}

// Distance returns the number of bytes to insert, delete, replace or swap with their
// neighbor to turn a into b (optimal string alignment).
func Distance(a, b string) int {
	before, previous := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current := make([]int, len(b)+1)
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous = previous, current
	}
	return previous[len(b)]
}
