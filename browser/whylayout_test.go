package browser

import (
	"bytes"
	"fmt"
	"html"
	"image/png"
	"strings"
	"testing"
)

// whyFrame shows the page in the given width and reports how wide it needs to be.
const whyFrame = `<!DOCTYPE html><title>frame</title><style>body{margin:0}iframe{border:0;width:%dpx;height:2600px}</style>
<iframe id=f src="/?%s"></iframe><script>
onload = () => { document.title = "width " + f.contentDocument.documentElement.scrollWidth; };
</script>`

func TestWhyFitsWidth(t *testing.T) {
	long := "s=mfrom;id=" + strings.Repeat("a", 64) + "@" + strings.Repeat(strings.Repeat("b", 63)+".", 3) + "example;ip=2001:db8:1234:5678:9abc:def0:1234:5678;r=" + strings.Repeat("c", 300)
	p := startWhy(t)
	for _, test := range []struct {
		name, query string
		width       int
	}{
		{name: "narrow", query: classic, width: 360},
		{name: "narrow, Japanese", query: classic + ";lang=ja", width: 360},
		{name: "narrow, long values", query: long, width: 360},
		{name: "narrow, long values, Japanese", query: long + ";lang=ja", width: 360},
		{name: "wide, long values", query: long, width: 1280},
	} {
		t.Run(test.name, func(t *testing.T) {
			p.serve("/frame", fmt.Sprintf(whyFrame, test.width, html.EscapeString(test.query)))
			if dom := p.dom(t, site+"/frame"); !strings.Contains(dom, fmt.Sprintf("<title>width %d</title>", test.width)) {
				t.Errorf("want a width of %d:\n%s", test.width, dom)
			}
		})
	}
}

func TestWhyPictures(t *testing.T) {
	p := startWhy(t)
	for _, test := range []struct {
		name, query string
		width       int
		dark        bool
	}{
		{name: "desktop light", query: classic, width: 1280},
		{name: "desktop dark", query: classic, width: 1280, dark: true},
		{name: "narrow light", query: classic, width: 360},
		{name: "narrow dark", query: "s=helo;id=mail.example.com;ip=192.0.2.1", width: 360, dark: true},
		{name: "narrow Japanese", query: classic + ";lang=ja", width: 360},
		{name: "desktop Japanese dark", query: "s=mfrom;id=a@example.com;ip=10.0.0.1;lang=ja", width: 1280, dark: true},
		{name: "nothing", width: 1280},
	} {
		t.Run(test.name, func(t *testing.T) {
			p.serve("/frame", fmt.Sprintf(whyFrame, test.width, html.EscapeString(test.query)))
			scheme := map[bool]string{true: "0", false: "1"}[test.dark]
			data := p.screenshot(t, site+"/frame", fmt.Sprintf("--window-size=%d,2600", max(test.width, 500)),
				"--blink-settings=preferredColorScheme="+scheme)
			img, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			colors := make(map[[3]uint32]int)
			for y := range img.Bounds().Dy() {
				for x := range test.width {
					r, g, b, _ := img.At(x, y).RGBA()
					colors[[3]uint32{r >> 8, g >> 8, b >> 8}]++
				}
			}
			if len(colors) < 20 {
				t.Errorf("the picture has %d colors: it is blank", len(colors))
			}
			r, g, b, _ := img.At(2, 2).RGBA()
			if dark := r+g+b < 3*0x8000; dark != test.dark {
				t.Errorf("dark background: %v, want %v", dark, test.dark)
			}
		})
	}
}
