package ui

import "embed"

// built is what `npm run build` in web has made. The prefix all: brings the folder .vite
// along.
//
//go:embed all:dist
var built embed.FS

// static is what the pages need beside it, and without it.
//
//go:embed static
var static embed.FS
