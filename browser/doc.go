// Package browser opens the project's HTML pages in headless Chromium (Debian's
// package chromium). Without Chromium its tests are skipped.
package browser
