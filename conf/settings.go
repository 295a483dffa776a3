package conf

// Settings are the values of all options of policyd-spf.conf(5). It is a plain
// value: a request with its own settings uses a modified copy.
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

	HELORestrictions     Restrictions // HELO_softfail_restriction and so on
	MailFromRestrictions Restrictions // Mail_From_softfail_restriction and so on
	LeaveDMARC           string       // Leave_DMARC: "None", "Enforced" or "All"
	PassByAll            bool         // Pass_By_All is not exactly "No"

	RejectNotPassDomains []string  // Reject_Not_Pass_Domains, in lower case
	Prospective          string    // Prospective; empty if unset
	SkipAddresses        *Networks // skip_addresses
	Whitelist            *Networks // Whitelist
	DomainWhitelist      []string  // Domain_Whitelist, as written
	HELOWhitelist        []string  // HELO_Whitelist, as written
	DomainWhitelistPTR   []string  // Domain_Whitelist_PTR, as written

	SkipAuthenticated bool     // Skip_Authenticated is exactly "Yes"
	SkipPrivate       bool     // Skip_Private is exactly "Yes"
	SkipSenderDomains []string // Skip_Sender_Domains, in lower case

	EnhancedStatusCodes bool   // SPF_Enhanced_Status_Codes is not exactly "No"
	HeaderType          string // Header_Type
	HideReceiver        bool   // Hide_Receiver is not exactly "No"
	AuthservID          string // Authserv_Id
	QueueID             bool   // QueueID
	LogFormat           string // Log_Format: "classic", "action" or "kv"

	LookupTime          int  // Lookup_Time, in seconds; 0 is no limit, negative no time at all
	WhitelistLookupTime int  // Whitelist_Lookup_Time, in seconds
	VoidLimit           int  // Void_Limit
	VoidCountTerms      bool // Void_Count is exactly "Terms"
	VoidDualStack       bool // Void_Dual_Stack is exactly "Yes"

	ReasonMessage string // Reason_Message
	ReasonURL     string // Reason_URL, with {0} to {3}

	PerUser      string // Per_User: "type,path"
	ShadowConfig string // Shadow_Config, a path; empty if unset
	Mock         bool   // Mock
	LookupsAhead bool   // Lookups_Ahead is not exactly "No"
}

// Restrictions are the replies to Postfix for the results of a check other than
// Pass and Fail. An empty one is unset.
type Restrictions struct {
	Softfail, Neutral, None, Permerror, Temperror string
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
