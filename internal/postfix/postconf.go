package postfix

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Postconf runs postconf(1) with arguments and returns what it prints.
type Postconf func(ctx context.Context, args ...string) (string, error)

// ErrNoPostconf is the error of a host without postconf(1).
var ErrNoPostconf = errors.New("postconf(1) is not installed here")

// waitDelay is how long a program that was killed may keep its output open: one that it
// has started does so for as long as it likes.
const waitDelay = 500 * time.Millisecond

// RunPostconf is the Postconf of this host. Its errors contain what postconf(1) writes
// to standard error.
func RunPostconf(ctx context.Context, args ...string) (string, error) {
	path, err := exec.LookPath("postconf")
	for _, folder := range []string{"/usr/sbin", "/usr/local/sbin"} { // not in the PATH of ordinary users
		if name := filepath.Join(folder, "postconf"); err != nil && isFile(name) {
			path, err = name, nil
		}
	}
	if err != nil {
		return "", ErrNoPostconf
	}
	cmd := exec.CommandContext(ctx, path, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	cmd.WaitDelay = waitDelay
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return "", fmt.Errorf("postconf %s: no answer in time", args[0])
	}
	if text := errorText(stderr.String()); err != nil && text != "" {
		return "", fmt.Errorf("postconf %s: %s", args[0], text)
	} else if err != nil {
		return "", fmt.Errorf("postconf %s: %w", args[0], err)
	}
	return string(out), nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// errorText returns what postconf(1) writes to standard error as one line, without its
// path and without what it repeats.
func errorText(text string) string {
	var found []string
	for line := range strings.Lines(text) {
		if at := strings.Index(line, "postconf: "); at >= 0 {
			line = line[at+len("postconf: "):]
		}
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(found, line) {
			found = append(found, line)
		}
	}
	return strings.Join(found, "; ")
}

// ErrorPlace returns the file and the line that an error of Read is about, "" and 0 if
// it does not name them, and the error's text without them.
func ErrorPlace(err error) (file string, line int, what string) {
	what = err.Error()
	_, text, ok := strings.Cut(what, "fatal: ")
	if !ok {
		return "", 0, what
	}
	// "file /etc/postfix/master.cf: line 8: TEXT" or "/etc/postfix/main.cf, line 10: TEXT"
	file, rest, ok := strings.Cut(strings.TrimPrefix(text, "file "), "line ")
	file = strings.TrimRight(file, ",: ")
	number, text, hasText := strings.Cut(rest, ": ")
	line, numberErr := strconv.Atoi(number)
	if !ok || !hasText || numberErr != nil || !filepath.IsAbs(file) {
		return "", 0, what
	}
	return file, line, text
}
