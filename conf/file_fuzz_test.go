package conf

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// referenceRead is the plainest form of the original's rule. It returns the values
// that a file sets, the last valid one of each option.
func referenceRead(text string) map[string]string {
	options := make(map[string]Option)
	for _, o := range Options() {
		options[o.Name] = o
	}
	values := make(map[string]string)
	text = strings.ReplaceAll(strings.ReplaceAll(DecodeUTF8([]byte(text)), "\r\n", "\n"), "\r", "\n")
	for line := range strings.SplitSeq(text, "\n") {
		parts := strings.Split(strings.Split(line, "#")[0], "=")
		if name := TrimSpace(parts[0]); name == "Reason_URL" && len(parts) > 2 {
			parts = []string{name, strings.Join(parts[1:], "=")}
		}
		if len(parts) != 2 {
			continue
		}
		name, value := TrimSpace(parts[0]), TrimSpace(parts[1])
		if o, known := options[name]; known && o.valid(value) {
			values[name] = value
		}
	}
	return values
}

// FuzzLoad compares Load, which uses ini, with referenceRead.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"", "HELO_reject = A\n", "[x]\nHELO_reject = A\n", "HELO_reject = A\\\nNo_Mail = True\n",
		"Reason_Message = \"\"\"a\"\"\"\n", "Reason_Message = `a\n", "Reason_Message = '\"\n", "; Reason_Message = a\n",
		"Reason_Message = a ; b\n", "Reason_Message = a = b\n", "Reason_Message: a\n", "- = a\n=\n",
		"\xEF\xBB\xBFReason_Message = a\n", "Lookup_Time = 5\rLookup_Time = x\r\n", "Reason_URL = a=b{0}=\n",
		"Reason_Message = a\x00\x1c\u0085b\n", "Mock = \"\"\nMock=`\nHELO_reject=\"\"\"\n", "Reason_Message = \\\"\"\"\n",
		"Reason_Message = %(HELO_reject)s\n", "Reason_Message = \xff\xe2\x82#\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l := load(t, text)
		want := Default()
		values := referenceRead(text)
		for _, o := range Options() {
			if value, ok := values[o.Name]; ok {
				o.apply(&want, value)
			}
		}
		if !reflect.DeepEqual(l.Settings, want) {
			t.Errorf("%q: got %+v\nwant %+v", text, l.Settings, want)
		}
		for name, value := range values {
			if got := l.Origins[name].Value; got != value {
				t.Errorf("%q: %s is %q, want %q", text, name, got, value)
			}
		}
		for _, c := range l.Diagnostics {
			if c.Line < 1 || c.What == "" || c.Used == "" {
				t.Errorf("%q: diagnostic %+v", text, c)
			}
		}
		for _, p := range l.Check() {
			if p.What == "" || p.File == "" {
				t.Errorf("%q: problem %s", text, fmt.Sprintf("%+v", p))
			}
		}
	})
}
