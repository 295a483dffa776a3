package probe

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

// program is the name of this program in master.cf.
const program = "policyd-spf"

// Postconf runs postconf(1) with arguments and returns its output.
type Postconf func(ctx context.Context, args ...string) (string, error)

// errNoPostconf is the error of RunPostconf where Postfix is not installed.
var errNoPostconf = errors.New("postconf(1) is not installed here")

// RunPostconf is the Postconf of this host.
func RunPostconf(ctx context.Context, args ...string) (string, error) {
	path, err := exec.LookPath("postconf")
	for _, folder := range []string{"/usr/sbin", "/usr/local/sbin"} { // not in the PATH of ordinary users
		if name := filepath.Join(folder, "postconf"); err != nil && isFile(name) {
			path, err = name, nil
		}
	}
	if err != nil {
		return "", errNoPostconf
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

// target is a policy service that main.cf names.
type target struct {
	parameter   string
	service     string // unix:private/NAME or inet:HOST:PORT
	timeout     time.Duration
	timeoutFrom string
	entry       *masterEntry // nil if master.cf has none
	path        string       // of a UNIX-domain socket
	hostPort    string       // of a TCP socket
}

// masterEntry is a line of master.cf.
type masterEntry struct {
	name, kind string
	private    bool
	command    string
	argv       []string // of spawn(8)
}

// isOurs reports whether a line starts this program, perhaps by way of an
// interpreter.
func (m *masterEntry) isOurs() bool {
	return m != nil && slices.ContainsFunc(m.argv, func(arg string) bool {
		return strings.HasPrefix(filepath.Base(arg), program) && !strings.HasSuffix(arg, ".conf")
	})
}

// restrictionLists are the parameters that may have check_policy_service, in
// the order in which a message meets them (postconf(5)).
var restrictionLists = [...]string{
	"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions",
	"smtpd_relay_restrictions", "smtpd_recipient_restrictions",
	"smtpd_data_restrictions", "smtpd_end_of_data_restrictions", "smtpd_etrn_restrictions",
}

// findTargets returns the policy services that run this program. If none does,
// it returns those whose name has "spf" in it, or else the only one.
func findTargets(ctx context.Context, postconf Postconf) ([]target, *Problem) {
	all, err := readTargets(ctx, postconf)
	switch {
	case errors.Is(err, errNoPostconf):
		return nil, problemNoPostconf()
	case err != nil:
		return nil, problemPostconf(err)
	case len(all) == 0:
		return nil, problemNotAsked()
	}
	for _, isMeant := range []func(target) bool{
		func(t target) bool { return t.entry.isOurs() },
		func(t target) bool { return strings.Contains(t.service, "spf") },
		func(target) bool { return len(all) == 1 },
	} {
		var found []target
		for _, t := range all {
			if isMeant(t) && !slices.ContainsFunc(found, func(f target) bool { return f.service == t.service }) {
				found = append(found, t)
			}
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, problemSeveral(all)
}

// readTargets returns all policy services that main.cf, or -o in master.cf,
// names.
func readTargets(ctx context.Context, postconf Postconf) ([]target, error) {
	names := append([]string{"-x", "queue_directory", "smtpd_policy_service_timeout", "smtpd_restriction_classes"}, restrictionLists[:]...)
	text, err := postconf(ctx, names...)
	if err != nil {
		return nil, err
	}
	parameters := parseParameters(text)
	lists := slices.Clone(restrictionLists[:])
	if classes := words(value(parameters, "smtpd_restriction_classes")); len(classes) > 0 {
		if text, err = postconf(ctx, append([]string{"-x"}, classes...)...); err != nil {
			return nil, err
		}
		parameters = append(parameters, parseParameters(text)...)
		lists = append(lists, classes...)
	}
	master, err := postconf(ctx, "-M")
	if err != nil {
		return nil, err
	}
	entries := parseMaster(master)
	if text, err := postconf(ctx, "-P"); err == nil { // Postfix 2.11 and later
		for _, p := range parseParameters(text) {
			if strings.HasSuffix(p.name, "_restrictions") {
				parameters = append(parameters, p)
				lists = append(lists, p.name)
			}
		}
	}
	var targets []target
	for _, list := range lists {
		restrictions := words(value(parameters, list))
		for i, word := range restrictions {
			if word != "check_policy_service" || i+1 == len(restrictions) {
				continue
			}
			t := newTarget(list, restrictions[i+1], parameters)
			t.entry = findEntry(entries, t)
			targets = append(targets, t)
		}
	}
	return targets, nil
}

// newTarget parses the argument of check_policy_service: a service, or in
// braces a service and attributes.
func newTarget(parameter, argument string, parameters []parameter) target {
	const defaultTimeout = 100 * time.Second // postconf(5)
	attributes := words(argument)
	if len(attributes) == 0 {
		attributes = []string{""}
	}
	t := target{parameter: parameter, service: attributes[0], timeout: defaultTimeout, timeoutFrom: "smtpd_policy_service_timeout"}
	if d, ok := parseTime(value(parameters, "smtpd_policy_service_timeout")); ok {
		t.timeout = d
	}
	for _, a := range attributes[1:] {
		if text, ok := strings.CutPrefix(a, "timeout="); ok {
			if d, ok := parseTime(strings.TrimSpace(text)); ok {
				t.timeout, t.timeoutFrom = d, "timeout= of check_policy_service"
			}
		}
	}
	if path, ok := strings.CutPrefix(t.service, "unix:"); ok {
		t.path = path
		if !filepath.IsAbs(path) {
			t.path = filepath.Join(value(parameters, "queue_directory"), path)
		}
	} else {
		t.hostPort = strings.TrimPrefix(t.service, "inet:")
		if !strings.Contains(t.hostPort, ":") {
			t.hostPort = "localhost:" + t.hostPort
		}
	}
	return t
}

// findEntry returns the line of master.cf that listens at a target.
func findEntry(entries []masterEntry, t target) *masterEntry {
	name := filepath.Base(t.path)
	if t.path == "" {
		name = t.hostPort[strings.LastIndexByte(t.hostPort, ':')+1:]
	}
	for i, e := range entries {
		isUnix := e.kind == "unix" || e.kind == "unix-dgram"
		switch {
		case t.path != "" && isUnix && e.name == name,
			t.path == "" && e.kind == "inet" && e.name[strings.LastIndexByte(e.name, ':')+1:] == name:
			return &entries[i]
		}
	}
	return nil
}

// parseMaster parses the output of postconf -M: an entry a line.
func parseMaster(text string) []masterEntry {
	const fixedFields = 8 // master(5)
	var entries []masterEntry
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < fixedFields || strings.HasPrefix(fields[0], "#") {
			continue
		}
		e := masterEntry{name: fields[0], kind: fields[1], private: fields[2] != "n", command: fields[fixedFields-1]}
		for i, field := range fields[fixedFields:] {
			if first, ok := strings.CutPrefix(field, "argv="); ok { // argv= takes the rest of the line
				e.argv = append([]string{first}, fields[fixedFields+i+1:]...)
				break
			}
		}
		entries = append(entries, e)
	}
	return entries
}

// parameter is a line "name = value" of postconf's output.
type parameter struct{ name, value string }

func parseParameters(text string) []parameter {
	var parameters []parameter
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, "="); ok {
			parameters = append(parameters, parameter{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
	}
	return parameters
}

// value returns a parameter's value, "" if it is not there.
func value(parameters []parameter, name string) string {
	for _, p := range parameters {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// words splits a list of main.cf at commas and white space. What is in braces
// is one word, without the braces (postconf(5)).
func words(list string) []string {
	var found []string
	for list != "" {
		list = strings.TrimLeft(list, ", \t\r\n")
		end := strings.IndexAny(list, ", \t\r\n")
		if strings.HasPrefix(list, "{") {
			depth := 0
			end = strings.IndexFunc(list, func(r rune) bool {
				switch r {
				case '{':
					depth++
				case '}':
					depth--
				}
				return depth == 0
			})
			if end >= 0 {
				found = append(found, strings.TrimSpace(list[1:end]))
				list = list[end+1:]
				continue
			}
		}
		if end < 0 {
			end = len(list)
		}
		if end > 0 {
			found = append(found, list[:end])
		}
		list = list[end:]
	}
	return found
}

// parseTime parses a time of main.cf: a number, in seconds without a unit
// (postconf(5)).
func parseTime(text string) (time.Duration, bool) {
	unit := time.Second
	number := strings.TrimRight(text, "smhdw")
	switch text[len(number):] {
	case "", "s":
	case "m":
		unit = time.Minute
	case "h":
		unit = time.Hour
	case "d":
		unit = 24 * time.Hour
	case "w":
		unit = 7 * 24 * time.Hour
	default:
		return 0, false
	}
	n, err := strconv.Atoi(number)
	return time.Duration(n) * unit, err == nil && n > 0
}
