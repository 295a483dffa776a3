package maillog

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// journalEntries reads the output of "journalctl -o json" as log lines.
func journalEntries(t pastedLines) (pastedLines, bool) {
	return t.mapLines(func(line []byte) []byte {
		text := bytes.TrimSpace(line)
		if len(text) == 0 || text[0] != '{' || !contains(text, `"MESSAGE"`) {
			return line
		}
		var entry struct {
			Message, Host, Ident, PID, OwnPID, Micros string
		}
		var fields map[string]any
		if json.Unmarshal(text, &fields) != nil {
			return line
		}
		for name, value := range map[string]*string{
			"MESSAGE": &entry.Message, "_HOSTNAME": &entry.Host, "SYSLOG_IDENTIFIER": &entry.Ident,
			"SYSLOG_PID": &entry.PID, "_PID": &entry.OwnPID, "__REALTIME_TIMESTAMP": &entry.Micros,
		} {
			*value, _ = fields[name].(string)
		}
		micros, err := strconv.ParseInt(entry.Micros, 10, 64)
		if err != nil || entry.Host == "" || entry.Ident == "" || strings.ContainsAny(entry.Message, "\r\n") {
			return line
		}
		if entry.PID == "" {
			entry.PID = entry.OwnPID
		}
		at := time.UnixMicro(micros).UTC().Format(time.RFC3339Nano)
		return []byte(at + " " + entry.Host + " " + entry.Ident + "[" + entry.PID + "]: " + entry.Message)
	})
}
