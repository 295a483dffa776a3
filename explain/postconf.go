package explain

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// postconfTimeout is how long postconf(1) may take: it reads two files.
const postconfTimeout = 10 * time.Second

// postfix is the part of Postfix's configuration that concerns policy servers.
type postfix struct {
	folder    string            // of main.cf and master.cf
	main      map[string]string // main.cf's parameters, $names expanded, by name
	overrides map[string]string // of master.cf's -o, by service/type/name
	services  []service
}

// service is an entry of master.cf (master(5)).
type service struct {
	name, kind    string
	private       string
	unprivileged  string
	chroot        string
	wakeup, limit string
	command       string
	user          string   // of spawn(8) and pipe(8)
	argv          []string // the same
}

// restrictionLists are the parameters that hold restrictions, in the order in which
// smtpd(8) evaluates them.
var restrictionLists = [...]string{
	"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions",
	"smtpd_relay_restrictions", "smtpd_recipient_restrictions",
	"smtpd_data_restrictions", "smtpd_end_of_data_restrictions", "smtpd_etrn_restrictions",
}

// readPostfix reads Postfix's configuration through postconf(1). Found is false if
// there is no postconf.
func readPostfix(ctx context.Context) (p postfix, found bool, err error) {
	path, ok := findPostconf()
	if !ok {
		return p, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, postconfTimeout)
	defer cancel()
	run := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, path, args...)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			what := strings.TrimSpace(stderr.String())
			if what == "" {
				what = err.Error()
			}
			return "", errors.New("postconf " + args[0] + ": " + what)
		}
		return string(out), nil
	}
	entries, err := run("-M")
	if err != nil {
		return p, true, err
	}
	p.services = parseServices(entries)
	names := append([]string{"-x", "config_directory", "queue_directory", "mail_owner", "smtpd_restriction_classes",
		"smtpd_relay_before_recipient_restrictions", "smtpd_policy_service_timeout", "smtpd_milters"}, restrictionLists[:]...)
	for _, s := range p.services {
		if s.command == "spawn" {
			names = append(names, s.timeLimitName())
		}
	}
	text, err := run(names...)
	if err != nil {
		return p, true, err
	}
	p.main = parseParameters(text)
	if classes := splitList(p.main["smtpd_restriction_classes"]); len(classes) > 0 {
		if text, err = run(append([]string{"-x"}, classes...)...); err != nil {
			return p, true, err
		}
		for name, value := range parseParameters(text) {
			p.main[name] = value
		}
	}
	p.folder = p.main["config_directory"]
	if text, err = run("-P"); err == nil { // Postfix 2.11 and later
		p.overrides = parseParameters(text)
	}
	return p, true, nil
}

// findPostconf returns the path of postconf(1), which lies where root's programs do
// and may not be in a user's PATH.
func findPostconf() (string, bool) {
	if path, err := exec.LookPath("postconf"); err == nil {
		return path, true
	}
	for _, folder := range []string{"/usr/sbin", "/usr/local/sbin"} {
		path := filepath.Join(folder, "postconf")
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, true
		}
	}
	return "", false
}

// parseParameters parses lines of the form "name = value".
func parseParameters(text string) map[string]string {
	parameters := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, "="); ok {
			parameters[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return parameters
}

// parseServices parses the output of postconf -M, one entry a line.
func parseServices(text string) []service {
	var services []service
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 8 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		s := service{
			name: fields[0], kind: fields[1], private: fields[2], unprivileged: fields[3],
			chroot: fields[4], wakeup: fields[5], limit: fields[6], command: fields[7],
		}
		for i, f := range fields[8:] {
			if user, ok := strings.CutPrefix(f, "user="); ok {
				s.user = user
			}
			if program, ok := strings.CutPrefix(f, "argv="); ok { // the rest of the line
				s.argv = append([]string{program}, fields[8+i+1:]...)
				break
			}
		}
		services = append(services, s)
	}
	return services
}

// timeLimitName returns the parameter that limits how long a process of spawn(8)
// runs.
func (s service) timeLimitName() string { return s.name + "_time_limit" }

// splitList splits a list of main.cf at commas and white space. What is in braces
// is one word, without the braces.
func splitList(list string) []string {
	var found []string
	depth, start := 0, -1
	flush := func(end int) {
		if start >= 0 {
			word := list[start:end]
			if strings.HasPrefix(word, "{") {
				word = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(word, "{"), "}"))
			}
			found = append(found, word)
			start = -1
		}
	}
	for i := range len(list) {
		switch c := list[i]; {
		case depth == 0 && strings.IndexByte(", \t\r\n", c) >= 0:
			flush(i)
			continue
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		}
		if start < 0 {
			start = i
		}
	}
	flush(len(list))
	return found
}

// parseTime parses a time of main.cf, in seconds unless it has a unit
// (postconf(5)).
func parseTime(text string) (time.Duration, bool) {
	units := map[string]time.Duration{
		"": time.Second, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
	}
	number := strings.TrimRight(text, "smhdw")
	unit, known := units[text[len(number):]]
	n, err := strconv.Atoi(number)
	return time.Duration(n) * unit, known && err == nil && n >= 0
}
