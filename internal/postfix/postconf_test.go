package postfix

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestRunPostconf_silent: a postconf(1) that does not end is no reason to wait longer,
// not even if a program that it has started lives on.
func TestRunPostconf_silent(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "postconf"), []byte("#!/bin/sh\nsleep 5 &\nwait\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := RunPostconf(ctx, "-M")
	if err == nil || err.Error() != "postconf -M: no answer in time" {
		t.Errorf("%v", err)
	}
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
}

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
