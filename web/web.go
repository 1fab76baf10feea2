// Package web carries the browser's files inside the binary: what Vite made of
// the TypeScript and the style sheets in this folder. A build without them
// compiles and runs; its pages are then plain.
package web

import "embed"

// dist is the folder with Vite's manifest.json, empty but for a placeholder
// when the files were not built.
//
//go:embed all:dist
var dist embed.FS
