package postfix

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Config is the part of Postfix's configuration that concerns policy servers.
type Config struct {
	Main     map[string]string // parameters of main.cf, with $names expanded
	Settings []Setting         // main.cf, line by line
	Services []Service         // the entries of master.cf; the last one of a name and type
	Replaced []Service         // those before it, which Postfix does not use
	SMTPDs   []SMTPD           // those that run smtpd(8)
}

// SMTPD is a service that receives mail by SMTP, with its parameters.
type SMTPD struct {
	Service    *Service
	Parameters map[string]string // in force there: those of main.cf, except where -o in master.cf overrides them
}

// RestrictionLists returns the parameters that are lists of restrictions, in the
// order in which smtpd(8) evaluates them.
func RestrictionLists() []string {
	return []string{
		"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions",
		"smtpd_relay_restrictions", "smtpd_recipient_restrictions",
		"smtpd_data_restrictions", "smtpd_end_of_data_restrictions", "smtpd_etrn_restrictions",
	}
}

// smtpdParameters are the other parameters of smtpd(8) that matter.
func smtpdParameters() []string {
	return []string{
		"mynetworks", "smtpd_delay_reject", "smtpd_milters", "smtpd_policy_service_default_action",
		"smtpd_policy_service_max_idle", "smtpd_policy_service_max_ttl", "smtpd_policy_service_request_limit",
		"smtpd_policy_service_retry_delay", "smtpd_policy_service_timeout", "smtpd_policy_service_try_limit",
		"smtpd_relay_before_recipient_restrictions", "smtpd_restriction_classes", "smtpd_sasl_auth_enable",
		"soft_bounce",
	}
}

// Read reads the configuration. The error is ErrNoPostconf, or the message of
// postconf(1) about files that Postfix cannot read either.
func Read(ctx context.Context, postconf Postconf) (*Config, error) {
	entries, err := postconf(ctx, "-M")
	if err != nil {
		return nil, err
	}
	c := new(Config)
	c.Services, c.Replaced = withoutDuplicates(parseServices(entries))
	names := []string{"compatibility_level", "config_directory", "mail_owner", "mail_version", "multi_instance_directories", "queue_directory", "smtpd_service_name"}
	for _, s := range c.Services {
		if s.Command == "spawn" {
			names = append(names, s.TimeLimitName())
		}
	}
	if c.Main, err = readParameters(ctx, postconf, nil, names); err != nil {
		return nil, err
	}
	c.readSource()
	overrides := ""
	if slices.ContainsFunc(c.Services, func(s Service) bool { return s.IsSMTPD() && len(s.Args) > 0 }) {
		overrides, _ = postconf(ctx, "-P") // Postfix 2.11 and later
	}
	byService := make(map[string][]Parameter)
	for _, p := range ParseParameters(overrides) {
		if i := strings.LastIndexByte(p.Name, '/'); i >= 0 {
			id := p.Name[:i]
			byService[id] = append(byService[id], Parameter{p.Name[i+1:], p.Value})
		}
	}
	for i := range c.Services {
		s := &c.Services[i]
		if !s.IsSMTPD() {
			continue
		}
		d := SMTPD{Service: s, Parameters: c.Main}
		if overridden := byService[s.ID()]; len(overridden) > 0 {
			if d.Parameters, err = readParameters(ctx, postconf, overridden, nil); err != nil {
				d.Parameters = maps.Clone(c.Main) // Postfix 2.11 has no postconf -o
				for _, p := range overridden {
					d.Parameters[p.Name] = p.Value
				}
			}
		}
		c.SMTPDs = append(c.SMTPDs, d)
	}
	return c, nil
}

// readParameters returns the values of names and of the parameters of smtpd(8), as
// they are with some parameters overridden.
func readParameters(ctx context.Context, postconf Postconf, overridden []Parameter, names []string) (map[string]string, error) {
	flags := []string{"-x"}
	for _, p := range overridden {
		flags = append(flags, "-o", p.Name+"="+p.Value)
	}
	parameters := make(map[string]string)
	read := func(names []string) error {
		if len(names) == 0 {
			return nil
		}
		text, err := postconf(ctx, append(slices.Clone(flags), names...)...)
		for _, p := range ParseParameters(text) {
			parameters[p.Name] = p.Value
		}
		return err
	}
	if err := read(slices.Concat(names, smtpdParameters(), RestrictionLists())); err != nil {
		return nil, err
	}
	return parameters, read(SplitList(parameters["smtpd_restriction_classes"]))
}

// PolicyClient is a check_policy_service in a list of restrictions.
type PolicyClient struct {
	Parameter  string            // the list: NAME in main.cf, SERVICE/TYPE/NAME in master.cf
	Parameters map[string]string // in force there
	Service    PolicyService
}

// PolicyClients returns each check_policy_service of main.cf and then those that
// master.cf adds.
func (c *Config) PolicyClients() []PolicyClient {
	var clients []PolicyClient
	for _, d := range append([]SMTPD{{Parameters: c.Main}}, c.SMTPDs...) {
		for _, list := range append(RestrictionLists(), SplitList(d.Parameters["smtpd_restriction_classes"])...) {
			if d.Service != nil && d.Parameters[list] == c.Main[list] {
				continue
			}
			words := SplitList(d.Parameters[list])
			for i, word := range words[:max(len(words)-1, 0)] {
				if word == CheckPolicyService {
					clients = append(clients, PolicyClient{c.Place(d, list).Name, d.Parameters, ParsePolicyService(words[i+1])})
				}
			}
		}
	}
	return clients
}
