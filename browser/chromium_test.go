package browser

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// loadTimeout limits one run of Chromium, which takes about a second.
const loadTimeout = 5 * time.Minute

// site is where a proxy serves pages. The name exists in no DNS: Chromium
// reaches every name through the proxy of the test.
const site = "http://why.test"

// chromiumDomains are the domains of hosts that Chromium itself talks to, whatever page
// it loads. Which hosts depends on its version. The proxy refuses these requests too.
var chromiumDomains = []string{".google.com", ".googleapis.com", ".gvt1.com"}

// isChromiumHost reports whether a host is one that Chromium itself talks to.
func isChromiumHost(host string) bool {
	name, _, _ := strings.Cut(host, ":")
	return slices.ContainsFunc(chromiumDomains, func(domain string) bool { return strings.HasSuffix(name, domain) })
}

// proxy serves pages by path for site, and records every request that Chromium
// makes for a page, to whatever host.
type proxy struct {
	url string

	mu       sync.Mutex
	pages    map[string]string
	requests []string
}

func startProxy(t *testing.T, pages map[string]string) *proxy {
	t.Helper()
	p := &proxy{pages: pages}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	if !isChromiumHost(r.Host) {
		p.requests = append(p.requests, r.Method+" "+r.Host+r.URL.Path)
	}
	page, ok := p.pages[r.URL.Path]
	p.mu.Unlock()
	if r.Host != strings.TrimPrefix(site, "http://") || !ok {
		http.Error(w, "no such page", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, page)
}

// serve adds a page, or replaces it.
func (p *proxy) serve(path, page string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages[path] = page
}

// requested returns the requests so far, and forgets them.
func (p *proxy) requested() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.requests
	p.requests = nil
	return r
}

// run runs Chromium with the given arguments and returns its standard output. It
// fails the test for an error in the page's script.
func (p *proxy) run(t *testing.T, args ...string) string {
	t.Helper()
	chromium := slices.IndexFunc(names, func(name string) bool { _, err := exec.LookPath(name); return err == nil })
	if chromium < 0 {
		skip(t, "no chromium (Debian's package chromium)")
	}
	ctx, cancel := context.WithTimeout(t.Context(), loadTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, names[chromium], append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--user-data-dir=" + t.TempDir(), "--enable-logging=stderr", "--virtual-time-budget=2000",
		"--proxy-server=" + p.url, "--proxy-bypass-list=<-loopback>",
	}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, stderr.String())
	}
	for line := range strings.Lines(stderr.String()) {
		if strings.Contains(line, ":CONSOLE") && !strings.Contains(line, "'allow-scripts' permission is not set") {
			t.Errorf("the page's console has: %s", line)
		}
	}
	return stdout.String()
}

// names are the names that distributions give to Chromium.
var names = []string{"chromium", "chromium-browser", "google-chrome"}

// skip leaves a test out, and says so also where go test does not.
func skip(t *testing.T, why string) {
	t.Helper()
	fmt.Printf("SKIPPED: browser: %s: %s\n", t.Name(), why)
	t.Skip(why)
}

// dom returns the document after its script has run.
func (p *proxy) dom(t *testing.T, url string, args ...string) string {
	t.Helper()
	return p.run(t, append(args, "--dump-dom", url)...)
}

// screenshot returns a picture of the page as PNG. With SCREENSHOTS set to a
// folder, the picture is also kept there.
func (p *proxy) screenshot(t *testing.T, url string, args ...string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.png")
	p.run(t, append(args, "--screenshot="+file, url)...)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		name := strings.ReplaceAll(t.Name(), "/", "-") + ".png"
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return data
}
