package conf

// Settings are the values of all options of policyd-spf.conf(5). It is a plain
// value: a request with settings of its own uses a modified copy.
type Settings struct {
	DebugLevel      int  // debugLevel
	TestOnly        int  // TestOnly; exactly 0 is test mode
	DefaultSeedOnly bool // defaultSeedOnly is set, which only logs a warning

	HELOReject      string // HELO_reject, as written
	MailFromReject  string // Mail_From_reject, as written
	PermErrorReject bool   // PermError_reject is exactly "True"
	TempErrorDefer  bool   // TempError_Defer is exactly "True"
	NoMail          bool   // No_Mail is exactly "True"

	HELOPassRestriction     string // HELO_pass_restriction; empty if unset
	MailFromPassRestriction string // Mail_From_pass_restriction; empty if unset

	RejectNotPassDomains []string  // Reject_Not_Pass_Domains, in lower case
	Prospective          string    // Prospective; empty if unset
	SkipAddresses        *Networks // skip_addresses
	Whitelist            *Networks // Whitelist
	DomainWhitelist      []string  // Domain_Whitelist, as written
	HELOWhitelist        []string  // HELO_Whitelist, as written
	DomainWhitelistPTR   []string  // Domain_Whitelist_PTR, as written

	EnhancedStatusCodes bool   // SPF_Enhanced_Status_Codes is not exactly "No"
	HeaderType          string // Header_Type
	HideReceiver        bool   // Hide_Receiver is not exactly "No"
	AuthservID          string // Authserv_Id
	QueueID             bool   // QueueID

	LookupTime          int // Lookup_Time, in seconds; 0 is no limit, negative no time at all
	WhitelistLookupTime int // Whitelist_Lookup_Time, in seconds
	VoidLimit           int // Void_Limit

	ReasonMessage string // Reason_Message
	ReasonURL     string // Reason_URL, with {0} to {3}

	PerUser      string // Per_User: "type,path"
	Mock         bool   // Mock
	LookupsAhead bool   // Lookups_Ahead is not exactly "No"
}

// Default returns the settings of an empty file.
func Default() Settings { return defaults(Options()) }

func defaults(options []Option) Settings {
	var s Settings
	for i := range options {
		if o := &options[i]; o.Default != "" {
			o.apply(&s, o.Default)
		}
	}
	return s
}
