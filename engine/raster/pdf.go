package raster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/klippa-app/go-pdfium"
	pdferrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
)

// decodePDF draws the first pages, at 300 dots an inch where that suits.
func decodePDF(ctx context.Context, s source) ([]Page, error) {
	ctx, config, done, err := s.decoder.sandbox(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	// A pool for each file, because that is how its context gets in.
	pool, err := webassembly.Init(webassembly.Config{
		Context:       ctx,
		MaxIdle:       1,
		MaxTotal:      1,
		FSConfig:      wazero.NewFSConfig(), // else the whole disk would be visible
		RuntimeConfig: config,
		Stdout:        io.Discard,
		Stderr:        io.Discard,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: pdf: %w", errSandbox, err)
	}
	defer func() { _ = pool.Close() }()
	pdf, err := pool.GetInstanceWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: pdf: %w", errSandbox, err)
	}
	doc, err := pdf.OpenDocument(&requests.OpenDocument{File: &s.data})
	switch {
	case errors.Is(err, pdferrors.ErrPassword), errors.Is(err, pdferrors.ErrSecurity):
		return nil, fmt.Errorf("%w: the file is locked with a password", ErrUnsupported)
	case err != nil:
		return nil, ErrCorrupt
	}
	count, err := pdf.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc.Document})
	if err != nil || count.PageCount < 1 {
		return nil, ErrCorrupt
	}
	var pages []Page
	for i := range min(count.PageCount, s.limits.Pages) {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		im, err := s.pdfPage(pdf, requests.Page{ByIndex: &requests.PageByIndex{Document: doc.Document, Index: i}})
		if err != nil {
			return nil, err
		}
		pages = append(pages, Page{Image: im, Index: i})
	}
	return pages, nil
}

func (s source) pdfPage(pdf pdfium.Pdfium, page requests.Page) (*Image, error) {
	size, err := pdf.GetPageSize(&requests.GetPageSize{Page: page})
	if err != nil {
		return nil, ErrCorrupt
	}
	w, h := pdfSize(size.Width, size.Height, s.limits.Keep)
	if w == 0 {
		return nil, ErrCorrupt
	}
	res, err := pdf.RenderPageInPixels(&requests.RenderPageInPixels{Page: page, Width: w, Height: h})
	if err != nil {
		return nil, fmt.Errorf("%w: page cannot be drawn", ErrCorrupt)
	}
	defer res.Cleanup()
	return FromImage(res.Result.RenderedImage), nil
}

// pdfSize returns the pixels for a page of w by h points: 300 an inch, up to 600
// for pages smaller than 2000 pixels, and no more than keep altogether. Pages
// made from photos often call one pixel a point: the bound decides for these.
func pdfSize(w, h float64, keep int64) (int, int) {
	if !(w > 0 && h > 0) || math.IsInf(w*h, 0) {
		return 0, 0
	}
	k := max(300, min(600, 2000*72/max(w, h))) / 72
	k = min(k, math.Sqrt(float64(keep)/(w*h)), 16000/max(w, h))
	const slack = 1e-6 // of the division above
	return max(1, int(w*k+slack)), max(1, int(h*k+slack))
}
