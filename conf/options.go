package conf

import (
	"slices"
	"strings"
)

// Kind is the type of an option's value.
type Kind uint8

// The kinds of values.
const (
	Number      Kind = iota // a whole number, perhaps negative
	Enum                    // one of a few words, compared exactly
	Bool                    // no if empty, False, No or 0 in any case, else yes
	Text                    // any text
	Address                 // an IP address
	List                    // entries that commas separate
	NetworkList             // a list of networks
	URL                     // text with fields {0} to {3}
	Table                   // a type and a path, with a comma between them
)

// Option is an option of policyd-spf.conf(5).
type Option struct {
	Name     string
	Kind     Kind
	Default  string   // as a file would say it; "" if the option is unset by default
	Values   []string // the words that mean something; any other is no error
	Fallback string   // what another word means
	Help     string   // one line for people

	PerUser        string // its name in a per-user file, "" if it has none there
	PerUserIgnored bool   // without effect in a per-user file
	Ignored        bool   // without effect anywhere: an option of the 3.x milter

	set setter // to a good value; nil if there is nothing to set
}

// Options gives all options, in the order in which policyd-spf.conf(5) has them.
func Options() []Option { return slices.Clone(options[:]) }

// options are the options. Nobody writes to it; it is no function's so that it
// takes no time to make.
var options = [...]Option{
	{Name: "debugLevel", Kind: Number, Default: "1", PerUser: "debugLevel",
		Help: "how much is logged: -1 (configuration errors only) to 5",
		set:  func(s *Settings, v string) { s.DebugLevel, _ = parseNumber(v) }},
	{Name: "TestOnly", Kind: Number, Default: "1",
		Help: "0 is test mode: nothing is rejected or deferred",
		set:  func(s *Settings, v string) { s.TestOnly, _ = parseNumber(v) }},
	{Name: "defaultSeedOnly", Kind: Number, PerUser: "defaultSeedOnly", PerUserIgnored: true,
		Help: "old name of TestOnly: no effect but a warning in the log",
		set:  func(s *Settings, _ string) { s.DefaultSeedOnly = true }},
	{Name: "HELO_reject", Kind: Enum, Default: "Fail", PerUser: "HELO_reject",
		Values:   []string{"SPF_Not_Pass", "Softfail", "Fail", "Null", "False", "No_Check"},
		Fallback: "nothing is rejected",
		Help:     "which results of the HELO check reject mail",
		set:      func(s *Settings, v string) { s.HELOReject = v }},
	{Name: "Mail_From_reject", Kind: Enum, Default: "Fail", PerUser: "Mail_From_reject",
		Values:   []string{"SPF_Not_Pass", "Softfail", "Fail", "False", "No_Check"},
		Fallback: "nothing is rejected",
		Help:     "which results of the MAIL FROM check reject mail",
		set:      func(s *Settings, v string) { s.MailFromReject = v }},
	{Name: "PermError_reject", Kind: Enum, Default: "False", PerUser: "PermError_reject",
		Values: []string{"True", "False"}, Fallback: "False",
		Help: "whether a permanent error rejects mail",
		set:  func(s *Settings, v string) { s.PermErrorReject = v == "True" }},
	{Name: "TempError_Defer", Kind: Enum, Default: "False", PerUser: "TempError_Defer",
		Values: []string{"True", "False"}, Fallback: "False",
		Help: "whether a temporary error defers mail",
		set:  func(s *Settings, v string) { s.TempErrorDefer = v == "True" }},
	{Name: "HELO_pass_restriction", Kind: Text, PerUser: "HELO_pass_restriction",
		Help: "the reply to Postfix for a HELO Pass",
		set:  func(s *Settings, v string) { s.HELOPassRestriction = v }},
	{Name: "Mail_From_pass_restriction", Kind: Text, PerUser: "Mail_From_pass_restriction",
		Help: "the reply to Postfix for a MAIL FROM Pass",
		set:  func(s *Settings, v string) { s.MailFromPassRestriction = v }},
	{Name: "No_Mail", Kind: Enum, Default: "False", PerUser: "No_Mail",
		Values: []string{"True", "False"}, Fallback: "False",
		Help: "whether only the record \"v=spf1 -all\" rejects mail",
		set:  func(s *Settings, v string) { s.NoMail = v == "True" }},
	{Name: "Reject_Not_Pass_Domains", Kind: List, PerUser: "Reject_Not_Pass_Domains",
		Help: "domains that are rejected as by SPF_Not_Pass",
		set:  func(s *Settings, v string) { s.RejectNotPassDomains = parseList(strings.ToLower(v)) }},
	{Name: "Prospective", Kind: Address, PerUser: "Prospective",
		Help: "address checked in place of the client's; no header is added",
		set:  func(s *Settings, v string) { s.Prospective = v }},
	{Name: "skip_addresses", Kind: NetworkList, Default: "127.0.0.0/8,::ffff:127.0.0.0/104,::1", PerUser: "skip_addresses",
		Help: "local networks that are not checked",
		set:  func(s *Settings, v string) { s.SkipAddresses = ParseNetworks(v) }},
	{Name: "Whitelist", Kind: NetworkList, PerUser: "Whitelist",
		Help: "networks of relays that are not checked",
		set:  func(s *Settings, v string) { s.Whitelist = ParseNetworks(v) }},
	{Name: "Domain_Whitelist", Kind: List, PerUser: "Domain_Whitelist",
		Help: "domains whose SPF records name relays that are not checked",
		set:  func(s *Settings, v string) { s.DomainWhitelist = parseList(v) }},
	{Name: "HELO_Whitelist", Kind: List, PerUser: "HELO_Whitelist",
		Help: "HELO names of relays that are not checked",
		set:  func(s *Settings, v string) { s.HELOWhitelist = parseList(v) }},
	{Name: "Domain_Whitelist_PTR", Kind: List, PerUser: "Domain_Whitelist_PTR",
		Help: "domains whose hosts, by their PTR records, are not checked",
		set:  func(s *Settings, v string) { s.DomainWhitelistPTR = parseList(v) }},
	{Name: "SPF_Enhanced_Status_Codes", Kind: Enum, Default: "Yes", PerUser: "SPF_Enhanced_Status_Codes",
		Values: []string{"Yes", "No"}, Fallback: "Yes",
		Help: "whether replies have the codes of RFC 7372",
		set:  func(s *Settings, v string) { s.EnhancedStatusCodes = v != "No" }},
	{Name: "Header_Type", Kind: Enum, Default: "SPF", PerUser: "Header_Type",
		Values: []string{"SPF", "AR", "None"}, Fallback: "AR if it contains AR, otherwise SPF",
		Help: "which header is added",
		set:  func(s *Settings, v string) { s.HeaderType = v }},
	{Name: "Hide_Receiver", Kind: Enum, Default: "Yes", PerUser: "Hide_Receiver",
		Values: []string{"Yes", "No"}, Fallback: "Yes",
		Help: "whether headers and replies keep the recipient to themselves",
		set:  func(s *Settings, v string) { s.HideReceiver = v != "No" }},
	{Name: "Authserv_Id", Kind: Text, Default: "HOSTNAME", PerUser: "Authserv-Id", PerUserIgnored: true,
		Help: "name of this host in Authentication-Results; HOSTNAME is the host's own",
		set:  func(s *Settings, v string) { s.AuthservID = v }},
	{Name: "QueueID", Kind: Bool, Default: "False",
		Help: "whether the log line of a reply begins with the queue id",
		set:  func(s *Settings, v string) { s.QueueID = parseBool(v) }},
	{Name: "Reason_Message", Kind: Text, Default: defaultReasonMessage, PerUser: "Reason_Message",
		Help: "text of rejections, with {rejectdefer}, {spf} and {url}",
		set:  func(s *Settings, v string) { s.ReasonMessage = v }},
	{Name: "Reason_URL", Kind: URL, Default: defaultReasonURL,
		Help: "what {url} stands for, with {0} to {3}",
		set:  func(s *Settings, v string) { s.ReasonURL = v }},
	{Name: "Lookup_Time", Kind: Number, Default: "20", PerUser: "Lookup_Time",
		Help: "seconds of DNS for one check; 0: no limit for the whole",
		set:  func(s *Settings, v string) { s.LookupTime, _ = parseNumber(v) }},
	{Name: "Whitelist_Lookup_Time", Kind: Number, Default: "10", PerUser: "Whitelist_Lookup_Time",
		Help: "seconds of DNS for one whitelist lookup",
		set:  func(s *Settings, v string) { s.WhitelistLookupTime, _ = parseNumber(v) }},
	{Name: "Void_Limit", Kind: Number, Default: "2", PerUser: "Void_Limit",
		Help: "lookups without an answer that a check may make",
		set:  func(s *Settings, v string) { s.VoidLimit, _ = parseNumber(v) }},
	{Name: "Lookups_Ahead", Kind: Enum, Default: "Yes",
		Values: []string{"Yes", "No"}, Fallback: "Yes",
		Help: "whether the DNS is asked ahead of need",
		set:  func(s *Settings, v string) { s.LookupsAhead = v != "No" }},
	{Name: "Per_User", Kind: Table,
		Help: "file with settings of single recipients: text,PATH",
		set:  func(s *Settings, v string) { s.PerUser = v }},
	{Name: "Mock", Kind: Bool, Default: "False",
		Help: "whether every reply is that of a mock, and nothing is checked",
		set:  func(s *Settings, v string) { s.Mock = parseBool(v) }},
	{Name: "Socket", Kind: Text, Ignored: true, Help: ofMilter},
	{Name: "PidFile", Kind: Text, Ignored: true, Help: ofMilter},
	{Name: "UserID", Kind: Text, Ignored: true, Help: ofMilter},
	{Name: "UMask", Kind: Text, Ignored: true, Help: ofMilter},
	{Name: "InternalHosts", Kind: Text, Ignored: true, Help: ofMilter},
	{Name: "IntHosts", Kind: Text, Ignored: true, Help: ofMilter},
	{Name: "MacroList", Kind: Text, Ignored: true, Help: ofMilter},
}

// ofMilter is the meaning of the options of the milter of spf-engine 3.x.
const ofMilter = "of the milter of 3.x: no effect"

// configName and perUserName are the names of an option in the two files.
func configName(o *Option) string  { return o.Name }
func perUserName(o *Option) string { return o.PerUser }

// find gives the option that is called name. A scan of so few costs less than
// the making of a map.
func find(called func(*Option) string, name string) (*Option, bool) {
	for i := range options {
		if o := &options[i]; called(o) == name && name != "" {
			return o, true
		}
	}
	return nil, false
}

// apply sets the option in s to a good value.
func (o *Option) apply(s *Settings, value string) {
	if o.set != nil {
		o.set(s, value)
	}
}

// valid tells whether the file can set the option to value.
func (o *Option) valid(value string) bool {
	switch o.Kind {
	case Number:
		_, err := parseNumber(value)
		return err == nil
	case URL:
		_, err := ParseReasonURL(value)
		return err == nil
	}
	return true // what is no good of other kinds shows when it is used
}

// expected tells people what a good value is, where there are bad ones.
func (o *Option) expected() string {
	if o.Kind == Number {
		return "a whole number"
	}
	return "text with the fields {0} to {3}"
}

// noun is what the log calls the option's value.
func (o *Option) noun() string {
	if o.Kind == Number {
		return "number"
	}
	return "value"
}

type setter = func(s *Settings, value string)
