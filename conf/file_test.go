package conf

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// write creates a file and returns its path.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policyd-spf.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// load loads a configuration.
func load(t testing.TB, text string) *File {
	t.Helper()
	l, err := Load(write(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// logged returns the level, priority and text of diagnostics, without the
// directory.
func logged(diagnostics []Diagnostic) []string {
	var lines []string
	for _, c := range diagnostics {
		severity := "info"
		if c.Err {
			severity = "err"
		}
		text := strings.ReplaceAll(c.Text, filepath.Dir(c.File)+"/", "")
		lines = append(lines, fmt.Sprintf("%d %s %s", c.Level, severity, text))
	}
	return lines
}

func TestDefault(t *testing.T) {
	want := Settings{
		DebugLevel: 1, TestOnly: 1, HELOReject: "Fail", MailFromReject: "Fail",
		SkipAddresses:       ParseNetworks("127.0.0.0/8,::ffff:127.0.0.0/104,::1"),
		EnhancedStatusCodes: true, HeaderType: "SPF", HideReceiver: true, AuthservID: "HOSTNAME",
		LookupTime: 20, WhitelistLookupTime: 10, VoidLimit: 2, LookupsAhead: true,
		LeaveDMARC: "None", PassByAll: true, LogFormat: "classic",
		ReasonMessage: "Message {rejectdefer} due to: {spf}. Please see {url}",
		ReasonURL:     "http://www.openspf.net/Why?s={0};id={1};ip={2};r={3}",
	}
	if got := Default(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// Each option sets its field of Settings, and nothing else.
func TestLoadOptions(t *testing.T) {
	for _, test := range []struct {
		line string
		want func(*Settings)
	}{
		{line: "debugLevel = -1", want: func(s *Settings) { s.DebugLevel = -1 }},
		{line: "TestOnly = 0", want: func(s *Settings) { s.TestOnly = 0 }},
		{line: "defaultSeedOnly = 0", want: func(s *Settings) { s.DefaultSeedOnly = true }},
		{line: "HELO_reject = No_Check", want: func(s *Settings) { s.HELOReject = "No_Check" }},
		{line: "HELO_reject =", want: func(s *Settings) { s.HELOReject = "" }},
		{line: "Mail_From_reject = Softfail", want: func(s *Settings) { s.MailFromReject = "Softfail" }},
		{line: "PermError_reject = True", want: func(s *Settings) { s.PermErrorReject = true }},
		{line: "PermError_reject = true", want: func(*Settings) {}},
		{line: "TempError_Defer = True", want: func(s *Settings) { s.TempErrorDefer = true }},
		{line: "TempError_Defer = Yes", want: func(*Settings) {}},
		{line: "HELO_pass_restriction = helo_passed", want: func(s *Settings) { s.HELOPassRestriction = "helo_passed" }},
		{line: "Mail_From_pass_restriction = a b", want: func(s *Settings) { s.MailFromPassRestriction = "a b" }},
		{line: "No_Mail = True", want: func(s *Settings) { s.NoMail = true }},
		{line: "No_Mail = 1", want: func(*Settings) {}},
		{line: "Reject_Not_Pass_Domains = A.example, b.example,", want: func(s *Settings) { s.RejectNotPassDomains = []string{"a.example", "b.example"} }},
		{line: "Prospective = 192.0.2.1", want: func(s *Settings) { s.Prospective = "192.0.2.1" }},
		{line: "skip_addresses =", want: func(s *Settings) { s.SkipAddresses = ParseNetworks("") }},
		{line: "Whitelist = 192.0.2.0/24,x", want: func(s *Settings) { s.Whitelist = ParseNetworks("192.0.2.0/24,x") }},
		{line: "Domain_Whitelist = A.example ,b", want: func(s *Settings) { s.DomainWhitelist = []string{"A.example", "b"} }},
		{line: "HELO_Whitelist = a,b", want: func(s *Settings) { s.HELOWhitelist = []string{"a", "b"} }},
		{line: "Domain_Whitelist_PTR = .a", want: func(s *Settings) { s.DomainWhitelistPTR = []string{".a"} }},
		{line: "SPF_Enhanced_Status_Codes = No", want: func(s *Settings) { s.EnhancedStatusCodes = false }},
		{line: "SPF_Enhanced_Status_Codes = no", want: func(*Settings) {}},
		{line: "Header_Type = None", want: func(s *Settings) { s.HeaderType = "None" }},
		{line: "Hide_Receiver = No", want: func(s *Settings) { s.HideReceiver = false }},
		{line: "Hide_Receiver =", want: func(*Settings) {}},
		{line: "Authserv_Id = mx.example", want: func(s *Settings) { s.AuthservID = "mx.example" }},
		{line: "QueueID = yes", want: func(s *Settings) { s.QueueID = true }},
		{line: "QueueID = False", want: func(*Settings) {}},
		{line: "Reason_Message = No: {spf}", want: func(s *Settings) { s.ReasonMessage = "No: {spf}" }},
		{line: "Reason_URL = https://spf.example/?s={0}&id={1}", want: func(s *Settings) { s.ReasonURL = "https://spf.example/?s={0}&id={1}" }},
		{line: "Reason_URL =", want: func(s *Settings) { s.ReasonURL = "" }},
		{line: "Lookup_Time = 0", want: func(s *Settings) { s.LookupTime = 0 }},
		{line: "Whitelist_Lookup_Time = 5", want: func(s *Settings) { s.WhitelistLookupTime = 5 }},
		{line: "Void_Limit = 10", want: func(s *Settings) { s.VoidLimit = 10 }},
		{line: "Lookups_Ahead = No", want: func(s *Settings) { s.LookupsAhead = false }},
		{line: "Per_User = text,/x", want: func(s *Settings) { s.PerUser = "text,/x" }},
		{line: "Mock = True", want: func(s *Settings) { s.Mock = true }},
		{line: "Shadow_Config = /etc/x", want: func(s *Settings) { s.ShadowConfig = "/etc/x" }},
		{line: "Log_Format = kv", want: func(s *Settings) { s.LogFormat = "kv" }},
		{line: "Log_Format = action", want: func(s *Settings) { s.LogFormat = "action" }},
		{line: "Log_Format = KV", want: func(*Settings) {}},
		{line: "Skip_Authenticated = Yes", want: func(s *Settings) { s.SkipAuthenticated = true }},
		{line: "Skip_Authenticated = yes", want: func(*Settings) {}},
		{line: "Skip_Private = Yes", want: func(s *Settings) { s.SkipPrivate = true }},
		{line: "Skip_Private = True", want: func(*Settings) {}},
		{line: "Skip_Sender_Domains = A.example, bücher.example", want: func(s *Settings) {
			s.SkipSenderDomains = []string{"a.example", "bücher.example"}
		}},
		{line: "Leave_DMARC = Enforced", want: func(s *Settings) { s.LeaveDMARC = "Enforced" }},
		{line: "Leave_DMARC = All", want: func(s *Settings) { s.LeaveDMARC = "All" }},
		{line: "Leave_DMARC = all", want: func(*Settings) {}},
		{line: "Pass_By_All = No", want: func(s *Settings) { s.PassByAll = false }},
		{line: "Pass_By_All = no", want: func(*Settings) {}},
		{line: "Void_Count = Terms", want: func(s *Settings) { s.VoidCountTerms = true }},
		{line: "Void_Count = terms", want: func(*Settings) {}},
		{line: "Void_Dual_Stack = Yes", want: func(s *Settings) { s.VoidDualStack = true }},
		{line: "Void_Dual_Stack = yes", want: func(*Settings) {}},
		{line: "HELO_softfail_restriction = greylist", want: func(s *Settings) { s.HELORestrictions.Softfail = "greylist" }},
		{line: "HELO_neutral_restriction = greylist", want: func(s *Settings) { s.HELORestrictions.Neutral = "greylist" }},
		{line: "HELO_none_restriction = greylist", want: func(s *Settings) { s.HELORestrictions.None = "greylist" }},
		{line: "HELO_permerror_restriction = greylist", want: func(s *Settings) { s.HELORestrictions.Permerror = "greylist" }},
		{line: "HELO_temperror_restriction = greylist", want: func(s *Settings) { s.HELORestrictions.Temperror = "greylist" }},
		{line: "Mail_From_softfail_restriction = greylist", want: func(s *Settings) { s.MailFromRestrictions.Softfail = "greylist" }},
		{line: "Mail_From_neutral_restriction = greylist", want: func(s *Settings) { s.MailFromRestrictions.Neutral = "greylist" }},
		{line: "Mail_From_none_restriction = greylist", want: func(s *Settings) { s.MailFromRestrictions.None = "greylist" }},
		{line: "Mail_From_permerror_restriction = greylist", want: func(s *Settings) { s.MailFromRestrictions.Permerror = "greylist" }},
		{line: "Mail_From_temperror_restriction = greylist", want: func(s *Settings) { s.MailFromRestrictions.Temperror = "greylist" }},
		{line: "Mock = 0", want: func(*Settings) {}},
		{line: "Socket = local:/run/x", want: func(*Settings) {}},
		{line: "UMask = seven", want: func(*Settings) {}},
		{line: "MacroList = a|b", want: func(*Settings) {}},
	} {
		t.Run(test.line, func(t *testing.T) {
			l := load(t, test.line+"\n")
			want := Default()
			test.want(&want)
			if !reflect.DeepEqual(l.Settings, want) {
				t.Errorf("got %+v\nwant %+v", l.Settings, want)
			}
			if len(l.Diagnostics) > 0 {
				t.Errorf("diagnostics %q", logged(l.Diagnostics))
			}
		})
	}
}

func TestLoadLines(t *testing.T) {
	for _, test := range []struct {
		name, text string
		helo       string // HELO_reject
		log        []string
	}{
		{name: "LF", text: "HELO_reject = A\nNo_Mail = False\n", helo: "A"},
		{name: "CR LF", text: "HELO_reject = A\r\nNo_Mail = False\r\n", helo: "A"},
		{name: "CR", text: "HELO_reject = A\rNo_Mail = False\r", helo: "A"},
		{name: "no line end", text: "HELO_reject = A", helo: "A"},
		{name: "NEL does not end a line", text: "HELO_reject = A\u0085No_Mail", helo: "A\u0085No_Mail"},
		{name: "Python's white space", text: "\x1c\x1fHELO_reject\u3000=\u00a0A\x1e\v", helo: "A"},
		{name: "comment", text: "# HELO_reject = A\n  # HELO_reject = B\n", helo: "Fail"},
		{name: "comment after a value", text: "HELO_reject = A#B\n", helo: "A"},
		{name: "semicolon does not start a comment", text: "HELO_reject = A ; B", helo: "A ; B"},
		{name: "continuation", text: "HELO_reject = \\\nA\n", helo: "\\", log: []string{`2147483647 info Configuration item "A" not defined in file "policyd-spf.conf"`}},
		{name: "quotes", text: `HELO_reject = "A"`, helo: `"A"`},
		{name: "single quotes", text: `HELO_reject = 'A'`, helo: `'A'`},
		{name: "three quotes", text: `HELO_reject = """A"""`, helo: `"""A"""`},
		{name: "three quotes and more", text: `HELO_reject = a"""b"""c`, helo: `a"""b"""c`},
		{name: "a quote at the end", text: `HELO_reject = a"`, helo: `a"`},
		{name: "backquotes", text: "HELO_reject = `A`", helo: "`A`"},
		{name: "a backquote", text: "HELO_reject = `A", helo: "`A"},
		{name: "backslash at the end", text: "HELO_reject = A\\\nNo_Mail = True\n", helo: "A\\"},
		{name: "interpolation", text: "No_Mail = True\nHELO_reject = %(No_Mail)s", helo: "%(No_Mail)s"},
		{name: "empty value", text: "HELO_reject =", helo: ""},
		{name: "last one wins", text: "HELO_reject = A\nHELO_reject = B\n", helo: "B",
			log: []string{`2147483647 info Configuration item "HELO_reject" set again in file "policyd-spf.conf"`}},
		{name: "section", text: "[x]\nHELO_reject = A\n", helo: "A", log: []string{`2147483647 info Configuration item "[x]" not defined in file "policyd-spf.conf"`}},
		{name: "section with a value", text: "[x = y\nHELO_reject = A", helo: "A", log: []string{`-1 info ERROR: Unknown name "[x" in file "policyd-spf.conf"`}},
		{name: "colon", text: "HELO_reject: A", helo: "Fail", log: []string{`2147483647 info Configuration item "HELO_reject: A" not defined in file "policyd-spf.conf"`}},
		{name: "two equals signs", text: "HELO_reject = A = B # c", helo: "Fail", log: []string{`-1 info ERROR parsing line "HELO_reject = A = B" from file "policyd-spf.conf"`}},
		{name: "unknown name and two equals signs", text: "X==", helo: "Fail", log: []string{`-1 info ERROR parsing line "X==" from file "policyd-spf.conf"`}},
		{name: "no name", text: "= A", helo: "Fail", log: []string{`-1 info ERROR: Unknown name "" in file "policyd-spf.conf"`}},
		{name: "hyphen", text: "- = A", helo: "Fail", log: []string{`-1 info ERROR: Unknown name "-" in file "policyd-spf.conf"`}},
		{name: "another case", text: "helo_reject = A", helo: "Fail", log: []string{`-1 info ERROR: Unknown name "helo_reject" in file "policyd-spf.conf"`}},
		{name: "byte order mark", text: "\uFEFFHELO_reject = A", helo: "Fail", log: []string{"-1 info ERROR: Unknown name \"\uFEFFHELO_reject\" in file \"policyd-spf.conf\""}},
		{name: "not UTF-8", text: "# f\xfcr\nHELO_reject = \xe2\x82x", helo: "\uFFFDx"},
		{name: "NUL", text: "HELO_reject = a\x00b", helo: "a\x00b"},
		{name: "bad number", text: "Lookup_Time = ten", helo: "Fail", log: []string{`-1 err ERROR: bad number "ten" for "Lookup_Time" in file "policyd-spf.conf"`}},
		{name: "no number", text: "TestOnly =", helo: "Fail", log: []string{`-1 err ERROR: bad number "" for "TestOnly" in file "policyd-spf.conf"`}},
		{name: "bad URL", text: "Reason_URL = http://x/{4}", helo: "Fail", log: []string{`-1 err ERROR: bad value "http://x/{4}" for "Reason_URL" in file "policyd-spf.conf"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := load(t, test.text)
			if l.Settings.HELOReject != test.helo {
				t.Errorf("HELO_reject is %q, want %q", l.Settings.HELOReject, test.helo)
			}
			if got := logged(l.Diagnostics); !slices.Equal(got, test.log) {
				t.Errorf("log %q, want %q", got, test.log)
			}
		})
	}
}

func TestLoadKeepsLastValidValue(t *testing.T) {
	l := load(t, "Lookup_Time = 5\nLookup_Time = ten\nVoid_Limit=x\nReason_URL = \nReason_URL = {9}\ndefaultSeedOnly = x\n")
	if l.Settings.LookupTime != 5 || l.Settings.VoidLimit != 2 {
		t.Errorf("Lookup_Time is %d, Void_Limit %d", l.Settings.LookupTime, l.Settings.VoidLimit)
	}
	var used []string
	for _, c := range l.Diagnostics {
		used = append(used, fmt.Sprintf("%d %s=%s %s", c.Line, c.Name, c.Value, c.Used))
	}
	if want := []string{"2 Lookup_Time=ten 5, from line 1", "3 Void_Limit=x 2, the default",
		"5 Reason_URL={9} nothing, from line 4", "6 defaultSeedOnly=x nothing"}; !slices.Equal(used, want) {
		t.Errorf("got %q, want %q", used, want)
	}
}

func TestLoadOrigins(t *testing.T) {
	path := write(t, "\n# c\nHELO_reject = A\nHELO_reject = B # c\nx = y\nLookup_Time = no\n")
	l, err := Load(path)
	if want := map[string]Origin{"HELO_reject": {path, 4, "B"}}; err != nil || !reflect.DeepEqual(l.Origins, want) {
		t.Errorf("got %v, %v, want %v", l.Origins, err, want)
	}
}

// wantDefaults checks that Load returns the defaults and one diagnostic.
func wantDefaults(t *testing.T, path, log string) {
	t.Helper()
	l, err := Load(path)
	if err != nil || !reflect.DeepEqual(l.Settings, Default()) {
		t.Errorf("Load = %+v, %v", l.Settings, err)
	}
	if got := logged(l.Diagnostics); !slices.Equal(got, []string{log}) {
		t.Errorf("log %q, want %q", got, log)
	}
}

func TestLoadMissing(t *testing.T) {
	wantDefaults(t, filepath.Join(t.TempDir(), "none"), `-1 err ERROR stating "none": No such file or directory`)
}

// A symbolic link to a file that does not exist names a file that does not exist.
func TestLoadDanglingLink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("none", path); err != nil {
		t.Fatal(err)
	}
	wantDefaults(t, path, `-1 err ERROR stating "link": No such file or directory`)
}

// If a path cannot be resolved, there may be a file, and the defaults may be wrong.
func TestLoad_pathCannotBeResolved(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("loop", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, path, want string }{
		{name: "below a file", path: "file/none", want: "Not a directory"},
		{name: "link to itself", path: "loop", want: "Too many levels of symbolic links"},
		{name: "below a link to itself", path: "loop/none", want: "Too many levels of symbolic links"},
		{name: "long name", path: strings.Repeat("x", 256), want: "File name too long"},
		{name: "NUL", path: "a\x00b", want: "Invalid argument"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(dir, test.path)
			l, err := Load(path)
			if want := fmt.Sprintf(`ERROR stating "%s": %s`, path, test.want); err == nil || err.Error() != want {
				t.Errorf("Load's error is %v, want %s", err, want)
			}
			if len(l.Diagnostics) > 0 {
				t.Errorf("diagnostics %q beside the error", logged(l.Diagnostics))
			}
		})
	}
}

func TestLoadDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(path, 0o755); err != nil {
		t.Fatal(err)
	}
	wantDefaults(t, path, `-1 err ERROR: is not a file: "d", mode=0o40755`)
}

func TestLoadFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p")
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Fatal(err)
	}
	wantDefaults(t, path, `-1 err ERROR: is not a file: "p", mode=0o10644`)
}

func TestLoadTooLarge(t *testing.T) {
	path := write(t, "")
	if err := os.Truncate(path, maxConfigSize+1); err != nil {
		t.Fatal(err)
	}
	_, err := Load(path)
	if want := fmt.Sprintf(`ERROR opening "%s": File too large`, path); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Ten megabytes of junk neither hide the valid lines nor fill the log.
func TestLoadLargeFile(t *testing.T) {
	path := write(t, strings.Repeat("junk = 1\nHELO_reject = A\nword\n", 10<<20/30)+"HELO_reject = B\n")
	l, err := Load(path)
	if err != nil || l.Settings.HELOReject != "B" {
		t.Errorf("HELO_reject is %q, error %v", l.Settings.HELOReject, err)
	}
	logged := 0
	for _, d := range l.Diagnostics {
		if d.Level == Always {
			logged++
		}
	}
	if logged != maxDiagnostics+1 {
		t.Errorf("%d diagnostics for the log, want %d", logged, maxDiagnostics+1)
	}
	last := l.Diagnostics[len(l.Diagnostics)-1].Text
	if want := fmt.Sprintf(`ERROR: more bad lines in file "%s", not logged`, path); last != want {
		t.Errorf("the last one is %q, want %q", last, want)
	}
}

func BenchmarkLoadLargeFile(b *testing.B) {
	path := write(b, strings.Repeat("junk = 1\nHELO_reject = A\nword\n", 10<<20/30))
	for b.Loop() {
		if _, err := Load(path); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	path := write(b, "debugLevel = 1\nTestOnly = 1\nHELO_reject = Fail\nMail_From_reject = Fail\n"+
		"PermError_reject = False\nTempError_Defer = False\nskip_addresses = 127.0.0.0/8,::ffff:127.0.0.0/104,::1\n")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(path); err != nil {
			b.Fatal(err)
		}
	}
}
