package cli

import (
	"errors"
	"fmt"
	"slices"
)

// validate checks that the flags go together.
func (o *Options) validate() error {
	if o.Mode == Help {
		return nil
	}
	for _, s := range flags() {
		if o.has(s.name) && s.mode == Serve && len(s.usedIn) > 0 && !slices.Contains(s.usedIn, o.Mode) {
			add := "it"
			if len(s.usedIn) > 1 {
				add = "one of them"
			}
			return fmt.Errorf("--%s goes with %s; add %s or leave --%s out", s.name, modeNames(s.usedIn), add, s.name)
		}
	}
	identities := o.givenIdentities()
	if err := o.validateDomain(identities); err != nil {
		return err
	}
	switch {
	case (o.html || o.prometheus) && len(o.givenForms()) > 1:
		return fmt.Errorf("--%s and --%s cannot be combined; give one of them", o.givenForms()[0], o.givenForms()[1])
	case o.zoneFallback && o.zone == "":
		return errors.New("--zone-fallback needs --zone FILE, which is looked at first")
	case o.report.list && len(o.report.whatIf) == 0:
		return errors.New("--list lists what a --what-if refuses; add --what-if FILE")
	case o.Mode != Explain:
		return nil
	case o.log == "" && o.givenFind() != "":
		return fmt.Errorf("--%s needs --log FILE too: it says which message of a mail log is meant", o.givenFind())
	case o.log != "" && (o.domain != "" || len(identities) > 0 || len(o.files) > 0):
		return errors.New("--log names a mail log to search; give it or what is to be explained, not both")
	case len(o.files) > 0 && (o.domain != "" || len(identities) > 0):
		return fmt.Errorf("unexpected argument %q after the configuration file %q: flags say what is to be explained", o.files[0], o.configFile)
	case o.domain != "":
		return nil
	case len(identities) > 0 && o.ip == "":
		return fmt.Errorf("--%s needs --ip ADDRESS too: SPF checks the client's address", identities[0])
	case len(identities) > 0 && !o.has("helo") && !o.has("sender"):
		return errors.New("--ip needs --helo NAME or --sender ADDRESS too: SPF checks a name or a sender's domain")
	}
	return nil
}

// validateDomain checks the flags that go with --domain.
func (o *Options) validateDomain(identities []string) error {
	others := slices.DeleteFunc(slices.Clone(identities), func(name string) bool { return name == "ip" })
	tasks := 0
	for _, name := range []string{"ip", "compare", "changed-since"} {
		if o.has(name) {
			tasks++
		}
	}
	switch {
	case o.origin != "" && o.zone == "" && o.compare == "":
		return errors.New("--origin needs --zone FILE or --compare FILE: it is the domain of names in zone files")
	case o.domain == "" && o.compare != "":
		return errors.New("--compare needs --domain NAME: the domain whose record is new")
	case o.domain == "" && o.changedSince != "":
		return errors.New("--changed-since needs --domain NAME, or --domain - for names on standard input")
	case o.domain == "":
		return nil
	case len(others) > 0:
		return fmt.Errorf("--domain audits a record and --%s makes a request; give one or the other", others[0])
	case tasks > 1:
		return errors.New("--domain goes with one of --ip, --compare and --changed-since; give one of them")
	case o.html && (o.domain == "-" || o.changedSince != ""):
		return errors.New("--html makes a page of one audit, and --domain - and --changed-since have lines; leave --html out")
	case o.domain == "-" && (o.ip != "" || o.compare != ""):
		return errors.New("--domain - audits many domains, and --ip and --compare are about one; name that")
	case o.exitCode:
		return errors.New("--exit-code tells what happens to a message, and --domain has none; its exit status is 1 if the record is broken")
	}
	return nil
}
