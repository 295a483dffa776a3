package policy

import (
	"context"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"policyd-spf/conf"
	"policyd-spf/internal/golden"
	"policyd-spf/spf/dns"
	"policyd-spf/spf/dns/dnsfake"
)

// transcripts is the folder of conversations with a server. A file begins with
// what it shows. Sections follow, each after a line "-- NAME --":
//
//	config   the configuration file; as "config, escaped" with the escapes
//	         of a Go string
//	users    the file $DIR/users, for Per_User
//	shadow   the file $DIR/shadow, for Shadow_Config
//	zone     the DNS zone; without it, base.zone
//	request  the attributes of a request, without the empty line; as
//	         "request, escaped" with the escapes of a Go string
//	reply    the expected reply, without the empty line
//	log      the lines that are logged for it, with their severities
//	end      the lines that are logged when the process ends
//
// $DIR is the folder of the configuration and of the per-user file. A trailing
// space is written as ␣.
const transcripts = "../testdata/transcripts"

func TestTranscripts(t *testing.T) {
	base, err := dns.ReadZone(transcripts+"/base.zone", "")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(transcripts + "/*.txt")
	if err != nil || len(files) < 150 {
		t.Fatalf("%d transcripts, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			transcript := golden.Read(t, file)
			synctest.Test(t, func(t *testing.T) { // time stands still
				runTranscript(t, transcript, base)
			})
			golden.Compare(t, file, transcript.String())
		})
	}
}

// runTranscript sends a transcript's requests, and replaces the expected parts with
// the replies and log lines.
func runTranscript(t *testing.T, transcript golden.File, zone *dns.Zone) {
	dir := t.TempDir()
	in := &transcriptPeer{sink: &recordedLog{}}
	var config string
	for _, s := range transcript.Sections {
		switch s.Name {
		case "config":
			config = strings.ReplaceAll(s.Text, "$DIR", dir)
		case "config, escaped":
			config = unescape(t, s.Text)
		case "users":
			writeFile(t, dir+"/users", s.Text)
		case "shadow":
			writeFile(t, dir+"/shadow", strings.ReplaceAll(s.Text, "$DIR", dir))
		case "zone":
			zone = dnsfake.Zone(t, s.Text)
		case "request":
			in.requests = append(in.requests, s.Text+"\n")
		case "request, escaped":
			in.requests = append(in.requests, unescape(t, s.Text)+"\n")
		case "reply", "log", "end":
		default:
			t.Fatalf("unknown section %q", s.Name)
		}
	}
	writeFile(t, dir+"/policyd-spf.conf", config)
	loaded, err := conf.Load(dir + "/policyd-spf.conf")
	if err != nil {
		t.Fatal(err)
	}
	log := &Log{Sink: in.sink}
	log.LogDiagnostics(loaded.Diagnostics)
	log.Level = loaded.Settings.DebugLevel
	s := Server{Settings: loaded.Settings, Shadow: loadShadow(t, loaded), ConfigFile: dir + "/policyd-spf.conf", Origins: loaded.Origins, Resolver: zone, Log: log, host: "mx.example.net"}
	if err := s.Serve(context.Background(), in, in); err != nil {
		t.Fatal(err)
	}
	end := strings.Join(append(in.sink.lines, ""), "\n")
	show := strings.NewReplacer(dir, "$DIR", " \n", "␣\n").Replace
	request := -1
	for i := range transcript.Sections {
		switch s := &transcript.Sections[i]; s.Name {
		case "request", "request, escaped":
			request++
		case "reply":
			s.Text = show(strings.TrimSuffix(in.answers[request].reply, "\n"))
		case "log":
			s.Text = show(in.answers[request].log)
		case "end":
			s.Text = show(end)
		}
	}
}

// loadShadow returns the settings of Shadow_Config.
func loadShadow(t *testing.T, loaded *conf.File) *conf.Settings {
	shadow, err := loaded.LoadShadow()
	if err != nil {
		t.Fatal(err)
	}
	if shadow == nil {
		return nil
	}
	return &shadow.Settings
}

// unescape undoes the escapes of a Go string in the lines of a section.
func unescape(t *testing.T, text string) string {
	t.Helper()
	s, err := strconv.Unquote(`"` + strings.NewReplacer("\n", `\n`, `"`, `\"`).Replace(text) + `"`)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return s
}

// transcriptPeer is the other end of a server: it sends a request when the one
// before has been answered.
type transcriptPeer struct {
	requests []string
	sink     *recordedLog
	answers  []answer
	rest     string // of the request being sent
}

// answer is the reply to a request, and its log lines.
type answer struct{ reply, log string }

func (c *transcriptPeer) Read(p []byte) (int, error) {
	if c.rest == "" {
		c.collect()
		if len(c.answers) == len(c.requests) {
			return 0, io.EOF
		}
		c.rest = c.requests[len(c.answers)]
		c.answers = append(c.answers, answer{})
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *transcriptPeer) Write(p []byte) (int, error) {
	c.answers[len(c.answers)-1].reply += string(p)
	return len(p), nil
}

// collect takes the lines logged so far.
func (c *transcriptPeer) collect() {
	if len(c.answers) == 0 {
		return // the lines of the start belong to the first request
	}
	for _, line := range c.sink.lines {
		c.answers[len(c.answers)-1].log += line + "\n"
	}
	c.sink.lines = nil
}
