package postfix

import (
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
)

// program is the name of our binary. Installed versions may have a suffix.
const program = "policyd-spf"

// Service is an entry of master.cf (master(5)). A field that is "-" there has
// Postfix's default.
type Service struct {
	Name, Type       string
	Private          string
	Unprivileged     string
	Chroot           string
	Wakeup, MaxProcs string
	Command          string
	Args             []string // of Command
	User             string   // of spawn(8): NAME or NAME:GROUP
	Argv             []string // of spawn(8): the program and its arguments

	source logicalLine // in master.cf
}

// parseServices parses the output of postconf -M: one entry a line.
func parseServices(text string) []Service {
	const fixedFields = 8 // master(5)
	var services []Service
	for line := range strings.Lines(text) {
		fields := splitFields(line)
		if len(fields) < fixedFields || strings.HasPrefix(fields[0], "#") {
			continue
		}
		s := Service{
			Name: fields[0], Type: fields[1], Private: fields[2], Unprivileged: fields[3],
			Chroot: fields[4], Wakeup: fields[5], MaxProcs: fields[6], Command: fields[7],
			Args: fields[fixedFields:],
		}
		for i, arg := range s.Args {
			if user, ok := cutAttribute(arg, "user"); ok {
				s.User = user
			}
			if first, ok := cutAttribute(arg, "argv"); ok { // argv= takes the rest of the line
				s.Argv = append([]string{first}, s.Args[i+1:]...)
				break
			}
		}
		services = append(services, s)
	}
	return services
}

// withoutDuplicates returns the entries that master(8) uses, the last one of each name
// and type, and those that they replace.
func withoutDuplicates(services []Service) (used, replaced []Service) {
	for i, s := range services {
		if slices.ContainsFunc(services[i+1:], func(later Service) bool { return later.ID() == s.ID() }) {
			replaced = append(replaced, s)
		} else {
			used = append(used, s)
		}
	}
	return used, replaced
}

// cutAttribute returns the value of an attribute of spawn(8), whose names are in
// any case.
func cutAttribute(arg, name string) (string, bool) {
	got, value, ok := strings.Cut(arg, "=")
	return value, ok && strings.EqualFold(got, name)
}

// ID returns postconf(1)'s name for the service: NAME/TYPE.
func (s *Service) ID() string { return s.Name + "/" + s.Type }

// NamesProgram reports whether the entry names our program: in argv, or where argv=
// is missing.
func (s *Service) NamesProgram() bool {
	if len(s.Argv) > 0 {
		return slices.ContainsFunc(s.Argv, IsProgram)
	}
	isSpawn := s.Command == "spawn" || slices.Contains(s.Args, "spawn")
	return isSpawn && slices.ContainsFunc(s.Args, func(arg string) bool {
		return IsProgram(arg[strings.IndexByte(arg, '=')+1:])
	})
}

// IsOurs reports whether the service runs our program, directly or not.
func (s *Service) IsOurs() bool { return s.Command == "spawn" && s.NamesProgram() }

// IsSMTPD reports whether the service receives mail by SMTP.
func (s *Service) IsSMTPD() bool { return filepath.Base(s.Command) == "smtpd" }

// ReceivesFromInternet reports whether the service is an smtpd(8) at port 25, or
// behind postscreen(8), which listens there. One at a loopback address does not.
func (s *Service) ReceivesFromInternet() bool {
	p := port(s.Name)
	host := strings.Trim(strings.TrimSuffix(strings.TrimSuffix(s.Name, p), ":"), "[]")
	if addr, err := netip.ParseAddr(host); host == "localhost" || err == nil && addr.IsLoopback() {
		return false
	}
	return s.IsSMTPD() && (s.Type == "pass" || s.Type == "inet" && (p == "smtp" || p == "25"))
}

// IsProgram reports whether a word of argv is our program, perhaps with arguments in
// the same word, which braces around all of argv= make.
func IsProgram(arg string) bool {
	arg, _, _ = strings.Cut(arg, " ")
	return strings.HasPrefix(filepath.Base(arg), program) && !strings.HasSuffix(arg, ".conf")
}

// TimeLimitName returns the parameter that limits how long a process of spawn(8)
// runs.
func (s *Service) TimeLimitName() string { return s.Name + "_time_limit" }

// SocketFolder returns the folder of a UNIX-domain socket in the queue directory:
// private, unless master.cf says n.
func (s *Service) SocketFolder() string {
	if s.Private == "n" {
		return "public"
	}
	return "private"
}

// Address returns the service as check_policy_service names it.
func (s *Service) Address() string {
	if s.Type == "inet" {
		return "inet:" + s.Name
	}
	return "unix:" + s.SocketFolder() + "/" + s.Name
}

// CommandLine returns the program and its arguments.
func (s *Service) CommandLine() string {
	if len(s.Argv) == 0 {
		return s.Command
	}
	return strings.Join(s.Argv, " ")
}

// port returns the text after the last colon of an address.
func port(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }
