package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// buildProgram builds policyd-spf and returns its path.
func buildProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "policyd-spf")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = ".."
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// output runs the program in a folder and returns its standard output. An exit
// status of 1 only says what was found.
func output(t *testing.T, program, dir, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != 1 || len(out) == 0 {
		t.Fatalf("%q: %v: %s", args, err, stderr.String())
	}
	return string(out)
}

// seen is what a browser shows of a page.
type seen struct {
	Title  string
	Width  int // that the page needs
	Text   string
	Tables []table
	Images []string // the texts of the pictures
	Links  int      // that lead nowhere
	Ids    int      // that are there twice
	Levels string   // of the headings, in order: "1223"
	Tags   []string // names of the elements, each once
}

// table is a table as people see it: the title, and the cells of each row.
type table struct {
	Caption string
	Rows    [][]string
}

// widths are those of a phone and of a desktop.
var widths = []int{360, 1280}

// frames shows /page in a frame of each width, and puts what is there into its own
// title.
const frames = `<!DOCTYPE html><title>frames</title><link rel="icon" href="data:,"><style>iframe{border:0;height:3000px}</style>
<iframe style="width:360px" src="/page"></iframe><iframe style="width:1280px" src="/page"></iframe><script>
onload = () => {
  document.title = JSON.stringify([...document.querySelectorAll("iframe")].map(f => {
    const d = f.contentDocument, all = s => [...d.querySelectorAll(s)], text = e => e.textContent.trim();
    for (const e of all("details")) e.open = true;
    const ids = all("[id]").map(e => e.id);
    return {
      Title: d.title, Width: d.documentElement.scrollWidth, Text: d.querySelector("main").textContent,
      Tables: all("table").map(t => ({Caption: text(t.caption), Rows: [...t.tBodies[0].rows].map(r => [...r.cells].map(text))})),
      Images: all("[role=img]").map(e => e.getAttribute("aria-label") || e.getAttribute("aria-labelledby").split(" ").map(id => text(d.getElementById(id))).join(": ")),
      Links: all("a").filter(a => !d.getElementById(a.hash.slice(1))).length,
      Ids: ids.length - new Set(ids).size,
      Levels: all("h1,h2,h3,h4").map(e => e.localName[1]).join(""),
      Tags: [...new Set(all("*").map(e => e.localName))],
    };
  }));
};
</script>`

// look opens a page in frames of all widths. It fails the test if the page requests
// anything, needs more than its width, has an element that is not ours, or if its
// headings, links or pictures are not usable.
func look(t *testing.T, page string) seen {
	t.Helper()
	p := startProxy(t, map[string]string{"/page": page, "/frames": frames})
	dom := p.dom(t, site+"/frames", "--window-size=1700,3000")
	_, title, _ := strings.Cut(dom, "<title>")
	title, _, _ = strings.Cut(title, "</title>")
	var all []seen
	if err := json.Unmarshal([]byte(html.UnescapeString(title)), &all); err != nil || len(all) != len(widths) {
		t.Fatalf("%v in:\n%s", err, dom)
	}
	for _, r := range p.requested() {
		if r != "GET why.test/frames" && r != "GET why.test/page" {
			t.Errorf("request: %s", r)
		}
	}
	for i, s := range all {
		if s.Width != widths[i] {
			t.Errorf("in a width of %d the page needs %d", widths[i], s.Width)
		}
	}
	s := all[0]
	if s.Links > 0 || s.Ids > 0 {
		t.Errorf("%d links lead nowhere, %d ids are there twice", s.Links, s.Ids)
	}
	for i, level := range s.Levels {
		if i == 0 && level != '1' || i > 0 && level > rune(s.Levels[i-1])+1 {
			t.Errorf("the levels of the headings are %s", s.Levels)
			break
		}
	}
	for _, text := range s.Images {
		if strings.TrimSpace(text) == "" {
			t.Error("a picture has no text")
		}
	}
	for _, tag := range s.Tags {
		if !strings.Contains(ours, " "+tag+" ") {
			t.Errorf("the page has an element %q", tag)
		}
	}
	return s
}

// ours are the elements that pages have. There is no script among them, and nothing
// that loads something.
const ours = " html head meta link title style body main footer article section nav h1 h2 h3 p div dl dt dd ul ol li" +
	" a bdi span strong pre code mark details summary figure figcaption table caption thead tbody tr th td svg g rect desc "

// frame shows /page in a frame: Chromium has no window of 360 pixels.
const frame = `<!DOCTYPE html><title>frame</title><link rel="icon" href="data:,"><style>body{margin:0}iframe{border:0;width:%dpx;height:%dpx}</style>
<iframe src="/page"></iframe>`

// testPicture takes a picture of a page and checks that it is not blank, and dark
// if it should be.
func testPicture(t *testing.T, page string, width int, dark bool) {
	t.Helper()
	const height = 3000
	p := startProxy(t, map[string]string{"/page": page, "/frame": fmt.Sprintf(frame, width, height)})
	scheme := map[bool]string{true: "0", false: "1"}[dark]
	data := p.screenshot(t, site+"/frame", fmt.Sprintf("--window-size=%d,%d", max(width, 500), height), "--blink-settings=preferredColorScheme="+scheme)
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	colors := make(map[[3]uint32]int)
	for y := range img.Bounds().Dy() {
		for x := range width {
			r, g, b, _ := img.At(x, y).RGBA()
			colors[[3]uint32{r >> 8, g >> 8, b >> 8}]++
		}
	}
	if len(colors) < 20 {
		t.Errorf("the picture has %d colors: it is blank", len(colors))
	}
	r, g, b, _ := img.At(2, 2).RGBA()
	if isDark := r+g+b < 3*0x8000; isDark != dark {
		t.Errorf("dark background: %v, want %v", isDark, dark)
	}
}

// testPictures takes pictures of a page, narrow and wide, light and dark, and checks
// that the page alone requests nothing.
func testPictures(t *testing.T, page string) {
	p := startProxy(t, map[string]string{"/page": page})
	p.dom(t, site+"/page")
	if got := fmt.Sprint(p.requested()); got != "[GET why.test/page]" {
		t.Errorf("requests: %s", got)
	}
	for _, width := range widths {
		for _, dark := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d, dark %v", width, dark), func(t *testing.T) { testPicture(t, page, width, dark) })
		}
	}
}
