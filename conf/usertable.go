package conf

import (
	"hash/maphash"
	"math/bits"
	"strings"
)

// maxBadLines bounds how many bad lines of a per-user file are remembered: each
// is complained of at every request.
const maxBadLines = 20

// userTable finds the lines of a per-user file by their user. It holds the
// file's text and two numbers a line, nothing else.
type userTable struct {
	text   string
	starts []uint32 // where each line of text begins
	slots  []uint32 // open addressing: line numbers, counted from 1; 0 is free
	seed   maphash.Seed

	bad     []int // the numbers of the first lines without comma
	moreBad int   // the number of the first one that is not in bad, 0 if none
}

// makeUserTable indexes text, whose lines end at LF.
func makeUserTable(text string) *userTable {
	t := &userTable{text: text, seed: maphash.MakeSeed()}
	lines := strings.Count(text, "\n") + 1
	t.starts = make([]uint32, 0, lines)
	t.slots = make([]uint32, 1<<bits.Len(uint(lines)*4/3)) // three quarters full at most
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
			if slot := t.slot(user); t.slots[slot] == 0 { // the first line of a user counts
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

// find gives the settings of user, and the number of the line that has them, 0
// if there is none.
func (t *userTable) find(user string) (settings string, number int) {
	number = int(t.slots[t.slot(user)])
	if number > 0 {
		_, settings, _ = cutUser(t.line(number))
	}
	return settings, number
}

// slot gives the place of user in slots: the one that has it, or a free one.
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

// line gives what line number says.
func (t *userTable) line(number int) string {
	line, _, _ := strings.Cut(t.text[t.starts[number-1]:], "\n")
	return stripComment(line)
}

// cutUser splits what a line says into user and settings, at the first comma.
func cutUser(line string) (user, settings string, ok bool) {
	user, settings, ok = strings.Cut(line, ",")
	return TrimSpace(user), TrimSpace(settings), ok
}
