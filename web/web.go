// Package web carries the browser's files inside the binary: what Vite made of
// the TypeScript and the style sheets in this folder. A build without them
// compiles and runs; its pages are then plain.
package web

import "embed"

// Dist is the folder dist with Vite's manifest.json. Empty but for a
// placeholder when the files were not built.
//
//go:embed all:dist
var Dist embed.FS
