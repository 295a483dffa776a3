package postfix

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Postconf runs postconf(1) with arguments and returns what it prints.
type Postconf func(ctx context.Context, args ...string) (string, error)

// ErrNoPostconf is the error of a host without postconf(1).
var ErrNoPostconf = errors.New("postconf(1) is not installed here")

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
	out, err := cmd.Output()
	if text := strings.TrimSpace(stderr.String()); err != nil && text != "" {
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
