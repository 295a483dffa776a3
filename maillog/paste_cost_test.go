//go:build unix

package maillog

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// processorTime returns the processor time that this process has used. It does not depend
// on what else the machine does.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// TestPaste_cost pastes texts that repeat what some reader or decoding looks for. A text of
// eight times the length must not take much more than eight times as long: the cost does
// not grow with the square of the length.
func TestPaste_cost(t *testing.T) {
	const (
		short, long = 8 << 10, 64 << 10
		maxRatio    = 3 * long / short
		slack       = 20 * time.Millisecond // for the garbage collector
		attempts    = 5
	)
	for _, test := range []struct{ name, prefix, repeat string }{
		{name: "one line", repeat: "x"},
		{name: "empty lines", repeat: "\n"},
		{name: "short lines", repeat: "a\n"},
		{name: "quoting", repeat: ">"},
		{name: "control sequences", repeat: "\x1b["},
		{name: "NUL", repeat: "\x00"},
		{name: "fields", repeat: "Received-SPF: pass (x) client-ip=192.0.2.\n"},
		{name: "fields in lines", repeat: "x Received-SPF: pass (x) client-ip=192.0.2.\n"},
		{name: "folding", prefix: "Received-SPF: pass", repeat: "\n x"},
		{name: "folding with tabs only", prefix: "Received-SPF: pass", repeat: "\n\t"},
		{name: "nested comments", prefix: "Received-SPF: pass ", repeat: "("},
		{name: "comments that do not end", repeat: "Received-SPF: pass (\n"},
		{name: "backslashes", prefix: "Received-SPF: pass (", repeat: `\`},
		{name: "key-value pairs", prefix: "Received-SPF: pass (x) ", repeat: "a=b; "},
		{name: "words of a result", prefix: "Received-SPF: pass (", repeat: "domain of "},
		{name: "words of a refusal", repeat: "does not designate x as permitted sender\n"},
		{name: "words of a refusal in one line", repeat: " designates "},
		{name: "results", prefix: "Authentication-Results: x; ", repeat: "spf=pass;"},
		{name: "properties", prefix: "Authentication-Results: x; spf=pass ", repeat: "a=b "},
		{name: "values of fields", repeat: "spf=pass (\n"},
		{name: "header fields", repeat: "A: b\n"},
		{name: "headers", repeat: "A: b\nx\n"},
		{name: "Received fields", repeat: "Received: from x\n by y;\n"},
		{name: "results without clients", repeat: "Authentication-Results: x; spf=pass smtp.mailfrom=a@b.c\n"},
		{name: "requests", repeat: "client_address=x\n\n"},
		{name: "log lines", repeat: "Nov  2 10:11:12 mx policyd-spf[1]: Pass; identity=mailfrom; client-ip=192.0.2.1; helo=h\n"},
		{name: "wrapped log lines", repeat: "policyd-spf[1]: Pass;\nidentity=mailfrom;\n"},
		{name: "refusals", repeat: "NOQUEUE: reject: RCPT from unknown[unknown]: 550 x\n"},
		{name: "refusals in one line", repeat: "NOQUEUE: reject: "},
		{name: "bounce", prefix: "Diagnostic-Code: x\n\n", repeat: "SPF [a] with ip: [x\n"},
		{name: "bounce with URLs", prefix: "Diagnostic-Code: x\n\n", repeat: "?s=\n"},
		{name: "URLs in one line", repeat: "?s=mfrom;id=a;ip=b;r="},
		{name: "URLs in URLs", repeat: "?%3F"},
		{name: "JSON", repeat: "["},
		{name: "JSON objects", repeat: `{"a":`},
		{name: "JSON lines", repeat: `{"a":"b"},` + "\n"},
		{name: "CSV", repeat: "\"a\",\"b\"\n"},
		{name: "CSV with semicolons", repeat: "\"a\";\"b\"\n"},
		{name: "a cell that does not end", prefix: `"`, repeat: "a\n"},
		{name: "links in angle brackets", repeat: "<mailto:"},
		{name: "links of Markdown", prefix: "[", repeat: "](mailto:x)"},
		{name: "tags", repeat: "<a "},
		{name: "entities", repeat: "&amp;"},
		{name: "quoted-printable", prefix: "=3D", repeat: "a=\n"},
		{name: "base64", repeat: "QUJD\n"},
		{name: "syslog", repeat: "<1>1 2026-11-02T10:11:12Z "},
		{name: "structured data", prefix: "<1>1 2026-11-02T10:11:12Z a b c d ", repeat: "[]"},
		{name: "UTF-16", prefix: "\xff\xfe", repeat: "a\x00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cost := func(size int) time.Duration {
				text := []byte(test.prefix + strings.Repeat(test.repeat, size/len(test.repeat)))
				begin := processorTime(t)
				if s, err := Paste(text, now()); err == nil {
					t.Error(describeSource(&s))
				}
				return processorTime(t) - begin
			}
			var least, most time.Duration
			for range attempts {
				least = min(cost(short), cost(short), cost(short))
				if most = cost(long); most <= maxRatio*least+slack {
					return
				}
			}
			t.Errorf("%d bytes took %v, %d bytes took %v", short, least, long, most)
		})
	}
}
