package e2e

import (
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestWhyPage serves the page that Reason_URL points to with the snippets of
// docs/why-page.md.
func TestWhyPage(t *testing.T) {
	guide, err := os.ReadFile(docs + "/why-page.md")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(logTools + "/why/index.html")
	if err != nil {
		t.Fatal(err)
	}
	write(t, "/var/www/why/index.html", string(page), 0o644)
	snippet := func(t *testing.T, language string) string {
		t.Helper()
		m := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindSubmatch(guide)
		if m == nil {
			t.Fatalf("the guide has no snippet for %s", language)
		}
		return string(m[1])
	}
	for _, test := range []struct {
		program, debianPackage, port string
		args                         func(snippet string) []string
	}{
		{program: "nginx", debianPackage: "nginx-light", port: "8081", args: func(snippet string) []string {
			write(t, "/etc/nginx/e2e.conf", "pid /run/nginx-e2e.pid;\nevents {}\nhttp {\ninclude /etc/nginx/mime.types;\nserver {\nlisten 127.0.0.1:8081;\n"+snippet+"}\n}\n", 0o644)
			return []string{"-c", "/etc/nginx/e2e.conf", "-g", "daemon off;"}
		}},
		{program: "apache2", debianPackage: "apache2", port: "8082", args: func(snippet string) []string {
			const modules = "/usr/lib/apache2/modules/mod_"
			var text strings.Builder
			for _, module := range []string{"mpm_event", "authz_core", "alias", "dir", "headers", "mime"} {
				text.WriteString("LoadModule " + module + "_module " + modules + module + ".so\n")
			}
			text.WriteString("ServerName e2e.test\nServerRoot /etc/apache2\nPidFile /run/apache-e2e.pid\nErrorLog /dev/null\n" +
				"TypesConfig /etc/mime.types\nUser www-data\nGroup www-data\nListen 127.0.0.1:8082\n" +
				"<VirtualHost 127.0.0.1:8082>\n" + snippet + "</VirtualHost>\n")
			write(t, "/etc/apache2/e2e.conf", text.String(), 0o644)
			return []string{"-f", "/etc/apache2/e2e.conf", "-D", "FOREGROUND"}
		}},
	} {
		t.Run(test.program, func(t *testing.T) {
			requireProgram(t, test.program, test.debianPackage)
			language := strings.TrimSuffix(test.program, "2")
			cmd := exec.Command(test.program, test.args(snippet(t, language))...)
			var out strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() })
			const query = "?s=mfrom;ip=192.0.2.1;id=a+%22b@example.com"
			response, err := awaitPage(t, "http://127.0.0.1:"+test.port+"/why/"+query)
			if err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || string(body) != string(page) || response.StatusCode != 200 {
				t.Errorf("status %d, %d bytes, %v; want the page", response.StatusCode, len(body), err)
			}
			for name, want := range map[string]string{
				"Content-Type": "text/html", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
				"Content-Security-Policy": "default-src 'none'; ",
			} {
				if got := response.Header.Get(name); !strings.HasPrefix(got, want) {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

// awaitPage repeats a request until the server accepts it.
func awaitPage(t *testing.T, url string) (*http.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), longTimeout)
	t.Cleanup(cancel)
	for {
		request, err := http.NewRequestWithContext(ctx, "GET", url, nil)
		if err != nil {
			return nil, err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil || ctx.Err() != nil {
			return response, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}
