package maillog

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// jsonStrings replaces JSON by the strings in it: a log with one entry a line, as
// "journalctl -o json" and containers write it, or a longer document.
func jsonStrings(t pastedLines) (pastedLines, bool) {
	return t.mapLines(func(line []byte) []byte {
		text := bytes.TrimRight(bytes.TrimSpace(line), ",")
		if bytes.IndexByte(text, '"') < 0 && bytes.IndexByte(text, '\\') < 0 {
			return line
		}
		// The line is a value, members of an object, or the inside of a string.
		for _, around := range [...][2]string{{"", ""}, {"{", "}"}, {`"`, `"`}} {
			document := append(append([]byte(around[0]), text...), around[1]...)
			if json.Valid(document) {
				if entry, ok := journalEntry(document); ok {
					return entry
				}
				return []byte(strings.Join(stringsIn(document), "\n"))
			}
		}
		return line
	})
}

// stringsIn returns the strings in a valid JSON document, without the keys of objects.
// The name of a header field, which may be a key or a string, stands before the next
// string.
func stringsIn(document []byte) []string {
	d := json.NewDecoder(bytes.NewReader(document))
	var all []string
	var inObject []bool // for each open object or array
	isKey := false
	field := ""
	for {
		token, err := d.Token()
		if err != nil {
			return all
		}
		switch v := token.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				inObject = append(inObject, v == '{')
			} else {
				inObject = inObject[:len(inObject)-1]
			}
		case string:
			if isSPFFieldName([]byte(v)) {
				field = v + ": "
			} else if !isKey {
				all = append(all, field+v)
				field = ""
			}
		}
		// A key follows the start of an object, and each value in one.
		_, isDelim := token.(json.Delim)
		isKey = len(inObject) > 0 && inObject[len(inObject)-1] && (isDelim || !isKey)
	}
}

// journalEntry returns an entry of "journalctl -o json" as a log line, and false for
// anything else.
func journalEntry(document []byte) ([]byte, bool) {
	var fields map[string]any
	if !contains(document, `"MESSAGE"`) || json.Unmarshal(document, &fields) != nil {
		return nil, false
	}
	value := func(name string) string {
		s, _ := fields[name].(string)
		return s
	}
	message, host, ident, pid := value("MESSAGE"), value("_HOSTNAME"), value("SYSLOG_IDENTIFIER"), value("SYSLOG_PID")
	micros, err := strconv.ParseInt(value("__REALTIME_TIMESTAMP"), 10, 64)
	if err != nil || host == "" || ident == "" || strings.ContainsAny(message, "\r\n") {
		return nil, false
	}
	if pid == "" {
		pid = value("_PID")
	}
	at := time.UnixMicro(micros).UTC().Format(time.RFC3339Nano)
	return []byte(at + " " + host + " " + ident + "[" + pid + "]: " + message), true
}
