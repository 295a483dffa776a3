package maillog

import "bytes"

// syslogMessages replaces messages of the syslog protocol (RFC 5424, 6) by log lines:
// "<22>1 2026-11-02T10:11:12Z mx policyd-spf 123 - - text".
func syslogMessages(t pastedLines) (pastedLines, bool) {
	return t.mapLines(func(line []byte) []byte {
		rest := cutPriority(bytes.TrimSpace(line))
		rest, ok := cutPrefix(rest, "1 ")
		if !ok || stampLen(rest) == 0 {
			return line
		}
		var header [5][]byte // time stamp, host, program, process id and message id
		for i := range header {
			if header[i], rest, ok = cut(rest, " "); !ok {
				return line
			}
		}
		for len(rest) > 0 && rest[0] == '[' { // structured data
			_, after, ok := cut(rest, "]")
			if !ok {
				return line
			}
			rest = after
		}
		rest = bytes.TrimPrefix(bytes.TrimPrefix(rest, []byte("-")), []byte(" "))
		pid := []byte("")
		if len(header[3]) > 0 && isDigit(header[3][0]) {
			pid = append(append([]byte("["), header[3]...), ']')
		}
		return bytes.Join([][]byte{header[0], []byte(" "), header[1], []byte(" "), header[2], pid, []byte(": "), rest}, nil)
	})
}
