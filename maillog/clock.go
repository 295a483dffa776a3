package maillog

import (
	"bytes"
	"time"
)

// clock parses time stamps. It caches the last one, because the lines of a log come in
// bursts.
type clock struct {
	now time.Time

	last [40]byte // stamp that at belongs to
	n    int
	at   time.Time
	ok   bool

	day   [6]byte // "Nov  2"
	begin time.Time
}

func newClock(now time.Time) clock { return clock{now: now} }

// parse returns the time of a stamp.
func (c *clock) parse(stamp []byte) (time.Time, bool) {
	if c.n == len(stamp) && bytes.Equal(c.last[:c.n], stamp) {
		return c.at, c.ok
	}
	if len(stamp) > len(c.last) {
		return time.Time{}, false
	}
	c.n = copy(c.last[:], stamp)
	if stamp[0] >= '0' && stamp[0] <= '9' {
		c.at, c.ok = parseISO(stamp, c.now.Location())
	} else {
		c.at, c.ok = c.parseRFC3164(stamp)
	}
	return c.at, c.ok
}

// parseRFC3164 reads "Nov  2 10:11:12" (RFC 3164, 4.1.2). Its year is the latest
// in which the stamp is a valid date that is not after now.
func (c *clock) parseRFC3164(stamp []byte) (time.Time, bool) {
	if len(stamp) != len("Nov  2 10:11:12") {
		return time.Time{}, false
	}
	hour, min, sec, ok := timeOfDay(stamp[7:])
	if !ok {
		return time.Time{}, false
	}
	if bytes.Equal(c.day[:], stamp[:6]) && !c.begin.IsZero() {
		y, m, d := c.begin.Date()
		t := time.Date(y, m, d, hour, min, sec, 0, c.now.Location())
		if !t.After(c.now) && !isToday(t, c.now) {
			return t, true
		}
	}
	month := monthNamed(stamp[:3])
	day, ok := number(stamp[4:6], ' ')
	if month == 0 || !ok {
		return time.Time{}, false
	}
	const leapCycle = 8 // years between two 29 February, at most
	for year := c.now.Year(); year >= c.now.Year()-leapCycle; year-- {
		t := time.Date(year, month, day, hour, min, sec, 0, c.now.Location())
		if t.Day() != day || t.Month() != month { // 29 February of another year, or 31 June
			continue
		}
		if t.After(c.now) {
			continue
		}
		copy(c.day[:], stamp)
		c.begin = t
		return t, true
	}
	return time.Time{}, false
}

// isToday reports whether t has the month and day of now. Then the time of day
// determines the year.
func isToday(t, now time.Time) bool { return t.Month() == now.Month() && t.Day() == now.Day() }

// parseISO reads "2026-11-02T10:11:12", with a fraction and a zone of RFC 3339
// or as journalctl writes it ("+0100").
func parseISO(stamp []byte, loc *time.Location) (time.Time, bool) {
	if len(stamp) < len("2026-11-02T10:11:12") {
		return time.Time{}, false
	}
	year, ok1 := number(stamp[:4], 0)
	month, ok2 := number(stamp[5:7], 0)
	day, ok3 := number(stamp[8:10], 0)
	hour, min, sec, ok4 := timeOfDay(stamp[11:19])
	if !ok1 || !ok2 || !ok3 || !ok4 || month < 1 || month > 12 || day < 1 {
		return time.Time{}, false
	}
	rest, nanos := stamp[19:], 0
	if len(rest) > 0 && (rest[0] == '.' || rest[0] == ',') {
		unit := int(time.Second / 10)
		i := 1
		for ; i < len(rest) && isDigit(rest[i]); i++ {
			nanos += int(rest[i]-'0') * unit
			unit /= 10
		}
		if i == 1 {
			return time.Time{}, false
		}
		rest = rest[i:]
	}
	offset, ok := zoneOffset(rest)
	if !ok {
		return time.Time{}, false
	}
	if len(rest) > 0 {
		loc = time.UTC
	}
	t := time.Date(year, time.Month(month), day, hour, min, sec, nanos, loc)
	if t.Day() != day {
		return time.Time{}, false
	}
	return t.Add(-offset), true
}

// zoneOffset reads "Z", "+01:00", "+0100" or nothing.
func zoneOffset(zone []byte) (time.Duration, bool) {
	if len(zone) == 0 || len(zone) == 1 && (zone[0] == 'Z' || zone[0] == 'z') {
		return 0, true
	}
	if len(zone) == len("+01:00") && zone[3] == ':' {
		zone = append(append(make([]byte, 0, 5), zone[:3]...), zone[4:]...)
	}
	if len(zone) != len("+0100") || zone[0] != '+' && zone[0] != '-' {
		return 0, false
	}
	hours, ok1 := number(zone[1:3], 0)
	minutes, ok2 := number(zone[3:5], 0)
	if !ok1 || !ok2 || hours > 23 || minutes > 59 {
		return 0, false
	}
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if zone[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// timeOfDay reads "10:11:12".
func timeOfDay(b []byte) (hour, min, sec int, ok bool) {
	if len(b) != len("10:11:12") || b[2] != ':' || b[5] != ':' {
		return 0, 0, 0, false
	}
	hour, ok1 := number(b[:2], 0)
	min, ok2 := number(b[3:5], 0)
	sec, ok3 := number(b[6:], 0)
	return hour, min, sec, ok1 && ok2 && ok3 && hour < 24 && min < 60 && sec <= 60 // a leap second
}

// number reads digits, the first of which may be pad.
func number(b []byte, pad byte) (int, bool) {
	n := 0
	for i, c := range b {
		if i == 0 && pad != 0 && c == pad {
			continue
		}
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// monthNamed returns the month with a three-letter name, 0 if there is no such month.
func monthNamed(name []byte) time.Month {
	const names = "JanFebMarAprMayJunJulAugSepOctNovDec"
	for m := range 12 {
		if names[3*m:3*m+3] == string(name) {
			return time.Month(m + 1)
		}
	}
	return 0
}
