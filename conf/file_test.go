package conf

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// write makes a file of text, and gives its path.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policyd-spf.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// load reads a configuration of text.
func load(t testing.TB, text string) *File {
	t.Helper()
	l, err := Load(write(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// logged gives complaints as the golden transcripts have them, with the
// folder's name away.
func logged(complaints []Diagnostic) []string {
	var lines []string
	for _, c := range complaints {
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
		ReasonMessage: "Message {rejectdefer} due to: {spf}. Please see {url}",
		ReasonURL:     "http://www.openspf.net/Why?s={0};id={1};ip={2};r={3}",
	}
	if got := Default(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// Each option of Settings can be set, and is set to what the file says.
func TestLoadOptions(t *testing.T) {
	for _, test := range []struct {
		line string
		want func(*Settings)
	}{
		{"debugLevel = -1", func(s *Settings) { s.DebugLevel = -1 }},
		{"TestOnly = 0", func(s *Settings) { s.TestOnly = 0 }},
		{"defaultSeedOnly = 0", func(s *Settings) { s.DefaultSeedOnly = true }},
		{"HELO_reject = No_Check", func(s *Settings) { s.HELOReject = "No_Check" }},
		{"HELO_reject =", func(s *Settings) { s.HELOReject = "" }},
		{"Mail_From_reject = Softfail", func(s *Settings) { s.MailFromReject = "Softfail" }},
		{"PermError_reject = True", func(s *Settings) { s.PermErrorReject = true }},
		{"PermError_reject = true", func(*Settings) {}},
		{"TempError_Defer = True", func(s *Settings) { s.TempErrorDefer = true }},
		{"TempError_Defer = Yes", func(*Settings) {}},
		{"HELO_pass_restriction = helo_passed", func(s *Settings) { s.HELOPassRestriction = "helo_passed" }},
		{"Mail_From_pass_restriction = a b", func(s *Settings) { s.MailFromPassRestriction = "a b" }},
		{"No_Mail = True", func(s *Settings) { s.NoMail = true }},
		{"No_Mail = 1", func(*Settings) {}},
		{"Reject_Not_Pass_Domains = A.example, b.example,", func(s *Settings) { s.RejectNotPassDomains = []string{"a.example", "b.example"} }},
		{"Prospective = 192.0.2.1", func(s *Settings) { s.Prospective = "192.0.2.1" }},
		{"skip_addresses =", func(s *Settings) { s.SkipAddresses = ParseNetworks("") }},
		{"Whitelist = 192.0.2.0/24,x", func(s *Settings) { s.Whitelist = ParseNetworks("192.0.2.0/24,x") }},
		{"Domain_Whitelist = A.example ,b", func(s *Settings) { s.DomainWhitelist = []string{"A.example", "b"} }},
		{"HELO_Whitelist = a,b", func(s *Settings) { s.HELOWhitelist = []string{"a", "b"} }},
		{"Domain_Whitelist_PTR = .a", func(s *Settings) { s.DomainWhitelistPTR = []string{".a"} }},
		{"SPF_Enhanced_Status_Codes = No", func(s *Settings) { s.EnhancedStatusCodes = false }},
		{"SPF_Enhanced_Status_Codes = no", func(*Settings) {}},
		{"Header_Type = None", func(s *Settings) { s.HeaderType = "None" }},
		{"Hide_Receiver = No", func(s *Settings) { s.HideReceiver = false }},
		{"Hide_Receiver =", func(*Settings) {}},
		{"Authserv_Id = mx.example", func(s *Settings) { s.AuthservID = "mx.example" }},
		{"QueueID = yes", func(s *Settings) { s.QueueID = true }},
		{"QueueID = False", func(*Settings) {}},
		{"Reason_Message = No: {spf}", func(s *Settings) { s.ReasonMessage = "No: {spf}" }},
		{"Reason_URL = https://spf.example/?s={0}&id={1}", func(s *Settings) { s.ReasonURL = "https://spf.example/?s={0}&id={1}" }},
		{"Reason_URL =", func(s *Settings) { s.ReasonURL = "" }},
		{"Lookup_Time = 0", func(s *Settings) { s.LookupTime = 0 }},
		{"Whitelist_Lookup_Time = 5", func(s *Settings) { s.WhitelistLookupTime = 5 }},
		{"Void_Limit = 10", func(s *Settings) { s.VoidLimit = 10 }},
		{"Lookups_Ahead = No", func(s *Settings) { s.LookupsAhead = false }},
		{"Per_User = text,/x", func(s *Settings) { s.PerUser = "text,/x" }},
		{"Mock = True", func(s *Settings) { s.Mock = true }},
		{"Mock = 0", func(*Settings) {}},
		{"Socket = local:/run/x", func(*Settings) {}},
		{"UMask = seven", func(*Settings) {}},
		{"MacroList = a|b", func(*Settings) {}},
	} {
		t.Run(test.line, func(t *testing.T) {
			l := load(t, test.line+"\n")
			want := Default()
			test.want(&want)
			if !reflect.DeepEqual(l.Settings, want) {
				t.Errorf("got %+v\nwant %+v", l.Settings, want)
			}
			if len(l.Diagnostics) > 0 {
				t.Errorf("complaints %q", logged(l.Diagnostics))
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
		{"LF", "HELO_reject = A\nNo_Mail = False\n", "A", nil},
		{"CR LF", "HELO_reject = A\r\nNo_Mail = False\r\n", "A", nil},
		{"CR", "HELO_reject = A\rNo_Mail = False\r", "A", nil},
		{"no line end", "HELO_reject = A", "A", nil},
		{"NEL ends no line", "HELO_reject = A\u0085No_Mail", "A\u0085No_Mail", nil},
		{"white space of Python's", "\x1c\x1fHELO_reject\u3000=\u00a0A\x1e\v", "A", nil},
		{"comment", "# HELO_reject = A\n  # HELO_reject = B\n", "Fail", nil},
		{"comment behind a value", "HELO_reject = A#B\n", "A", nil},
		{"semicolon is no comment", "HELO_reject = A ; B", "A ; B", nil},
		{"continuation", "HELO_reject = \\\nA\n", "\\", []string{`2147483647 info Configuration item "A" not defined in file "policyd-spf.conf"`}},
		{"quotes", `HELO_reject = "A"`, `"A"`, nil},
		{"single quotes", `HELO_reject = 'A'`, `'A'`, nil},
		{"three quotes", `HELO_reject = """A"""`, `"""A"""`, nil},
		{"three quotes and more", `HELO_reject = a"""b"""c`, `a"""b"""c`, nil},
		{"a quote at the end", `HELO_reject = a"`, `a"`, nil},
		{"backquotes", "HELO_reject = `A`", "`A`", nil},
		{"a backquote", "HELO_reject = `A", "`A", nil},
		{"backslash at the end", "HELO_reject = A\\\nNo_Mail = True\n", "A\\", nil},
		{"interpolation", "No_Mail = True\nHELO_reject = %(No_Mail)s", "%(No_Mail)s", nil},
		{"empty value", "HELO_reject =", "", nil},
		{"last one wins", "HELO_reject = A\nHELO_reject = B\n", "B",
			[]string{`2147483647 info Configuration item "HELO_reject" set again in file "policyd-spf.conf"`}},
		{"section", "[x]\nHELO_reject = A\n", "A", []string{`2147483647 info Configuration item "[x]" not defined in file "policyd-spf.conf"`}},
		{"section with a value", "[x = y\nHELO_reject = A", "A", []string{`-1 info ERROR: Unknown name "[x" in file "policyd-spf.conf"`}},
		{"colon", "HELO_reject: A", "Fail", []string{`2147483647 info Configuration item "HELO_reject: A" not defined in file "policyd-spf.conf"`}},
		{"two equals signs", "HELO_reject = A = B # c", "Fail", []string{`-1 info ERROR parsing line "HELO_reject = A = B" from file "policyd-spf.conf"`}},
		{"unknown name and two equals signs", "X==", "Fail", []string{`-1 info ERROR parsing line "X==" from file "policyd-spf.conf"`}},
		{"no name", "= A", "Fail", []string{`-1 info ERROR: Unknown name "" in file "policyd-spf.conf"`}},
		{"hyphen", "- = A", "Fail", []string{`-1 info ERROR: Unknown name "-" in file "policyd-spf.conf"`}},
		{"another case", "helo_reject = A", "Fail", []string{`-1 info ERROR: Unknown name "helo_reject" in file "policyd-spf.conf"`}},
		{"byte order mark", "\uFEFFHELO_reject = A", "Fail", []string{"-1 info ERROR: Unknown name \"\uFEFFHELO_reject\" in file \"policyd-spf.conf\""}},
		{"not UTF-8", "# f\xfcr\nHELO_reject = \xe2\x82x", "\uFFFDx", nil},
		{"NUL", "HELO_reject = a\x00b", "a\x00b", nil},
		{"bad number", "Lookup_Time = ten", "Fail", []string{`-1 err ERROR: bad number "ten" for "Lookup_Time" in file "policyd-spf.conf"`}},
		{"no number", "TestOnly =", "Fail", []string{`-1 err ERROR: bad number "" for "TestOnly" in file "policyd-spf.conf"`}},
		{"bad URL", "Reason_URL = http://x/{4}", "Fail", []string{`-1 err ERROR: bad value "http://x/{4}" for "Reason_URL" in file "policyd-spf.conf"`}},
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

func TestLoadKeepsValueInForce(t *testing.T) {
	l := load(t, "Lookup_Time = 5\nLookup_Time = ten\nVoid_Limit=x\n")
	if l.Settings.LookupTime != 5 || l.Settings.VoidLimit != 2 {
		t.Errorf("Lookup_Time is %d, Void_Limit %d", l.Settings.LookupTime, l.Settings.VoidLimit)
	}
	var used []string
	for _, c := range l.Diagnostics {
		used = append(used, fmt.Sprintf("%d %s=%s %s", c.Line, c.Name, c.Value, c.Used))
	}
	if want := []string{"2 Lookup_Time=ten 5, from line 1", "3 Void_Limit=x 2, the default"}; !slices.Equal(used, want) {
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

// wantDefaults holds what Load makes of a file that is none.
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

// Whether there is a file is not known if its path cannot be followed.
func TestLoadUnknown(t *testing.T) {
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

// Ten megabytes of junk, and one line that counts.
func TestLoadLargeFile(t *testing.T) {
	path := write(t, strings.Repeat("junk = 1\nHELO_reject = A\nword\n", 10<<20/30)+"HELO_reject = B\n")
	l, err := Load(path)
	if err != nil || l.Settings.HELOReject != "B" {
		t.Errorf("HELO_reject is %q, error %v", l.Settings.HELOReject, err)
	}
	said := 0
	for _, c := range l.Diagnostics {
		if c.Level == Always {
			said++
		}
	}
	if said != maxDiagnostics+1 {
		t.Errorf("%d complaints for the log", said)
	}
	last := l.Diagnostics[len(l.Diagnostics)-1].Text
	if want := fmt.Sprintf(`ERROR: more bad lines in file "%s", not logged`, path); last != want {
		t.Errorf("the last one is %q, want %q", last, want)
	}
}

func TestReadTextOfPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readText(path, 10); !errors.Is(err, errNotRegular) {
		t.Errorf("error %v", err)
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
