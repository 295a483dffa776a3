package conf

import (
	"hash/maphash"
	"math/bits"
	"strings"
)

// maxBadLines limits how many invalid lines of a per-user file are logged: they are
// logged for every request.
const maxBadLines = 20

// userTable is an index of the lines of a per-user file by user. It holds the
// file's text and two numbers for each line.
type userTable struct {
	text   string
	starts []uint32 // the offset of each line in text
	slots  []uint32 // hash table with open addressing: line numbers, counted from 1; 0 is free
	seed   maphash.Seed

	bad     []int // the numbers of the first maxBadLines lines without a comma
	moreBad int   // the number of the next one; 0 if there is none
}

// makeUserTable returns the index of text, whose lines end with LF.
func makeUserTable(text string) *userTable {
	t := &userTable{text: text, seed: maphash.MakeSeed()}
	lines := strings.Count(text, "\n") + 1
	t.starts = make([]uint32, 0, lines)
	t.slots = make([]uint32, 1<<bits.Len(uint(lines)*4/3)) // at most three quarters full
	start := 0
	for line := range strings.SplitSeq(text, "\n") {
		t.starts = append(t.starts, uint32(start))
		start += len(line) + 1
		if line = stripComment(line); line == "" {
			continue
		}
		user, _, ok := cutUser(line)
		switch number := len(t.starts); {
		case ok:
			if slot := t.slot(user); t.slots[slot] == 0 { // a user's first line counts
				t.slots[slot] = uint32(number)
			}
		case len(t.bad) < maxBadLines:
			t.bad = append(t.bad, number)
		case t.moreBad == 0:
			t.moreBad = number
		}
	}
	return t
}

// find returns the settings of user and the number of the line, or 0 if user has
// no line.
func (t *userTable) find(user string) (settings string, number int) {
	number = int(t.slots[t.slot(user)])
	if number > 0 {
		_, settings, _ = cutUser(t.line(number))
	}
	return settings, number
}

// slot returns the index in slots of the user's line, or of a free slot for it.
func (t *userTable) slot(user string) int {
	mask := uint64(len(t.slots) - 1)
	for i := maphash.String(t.seed, user); ; i++ {
		number := t.slots[i&mask]
		if number == 0 {
			return int(i & mask)
		}
		if found, _, _ := cutUser(t.line(int(number))); found == user {
			return int(i & mask)
		}
	}
}

// line returns the line with a number, without its comment.
func (t *userTable) line(number int) string {
	line, _, _ := strings.Cut(t.text[t.starts[number-1]:], "\n")
	return stripComment(line)
}

// cutUser splits a line into user and settings at the first comma.
func cutUser(line string) (user, settings string, ok bool) {
	user, settings, ok = strings.Cut(line, ",")
	return TrimSpace(user), TrimSpace(settings), ok
}
