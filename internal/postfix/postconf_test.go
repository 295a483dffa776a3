package postfix

import (
	"errors"
	"testing"
)

func TestErrorText(t *testing.T) {
	const text = `/usr/sbin/postconf: warning: truncated macro reference: "${spf"
/usr/sbin/postconf: warning: truncated macro reference: "${spf"
/usr/sbin/postconf: fatal: macro processing error
`
	const want = `warning: truncated macro reference: "${spf"; fatal: macro processing error`
	if got := errorText(text); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestErrorPlace(t *testing.T) {
	for _, test := range []struct {
		err, file, what string
		line            int
	}{
		{err: "postconf -M: fatal: file /etc/postfix/master.cf: line 8: bad field count", file: "/etc/postfix/master.cf", line: 8, what: "bad field count"},
		{err: "postconf -M: fatal: /etc/postfix/main.cf, line 10: missing '=' after attribute name: \"x\"", file: "/etc/postfix/main.cf", line: 10, what: "missing '=' after attribute name: \"x\""},
		{err: "postconf -M: fatal: open /etc/postfix/main.cf: No such file or directory", what: "postconf -M: fatal: open /etc/postfix/main.cf: No such file or directory"},
		{err: "postconf -M: fatal: invalid wakeup field \"line 3: x\" in \"y\"", what: "postconf -M: fatal: invalid wakeup field \"line 3: x\" in \"y\""},
		{err: "postconf -M: signal: killed", what: "postconf -M: signal: killed"},
	} {
		file, line, what := ErrorPlace(errors.New(test.err))
		if file != test.file || line != test.line || what != test.what {
			t.Errorf("%s: %q, %d, %q", test.err, file, line, what)
		}
	}
}
