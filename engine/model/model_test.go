package model_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"idproof/engine/model"
)

func open(t *testing.T) *model.Runtime {
	t.Helper()
	r, err := model.Open("", 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestRunIsSafeAndRepeatable(t *testing.T) {
	n, err := open(t).Load("ppocr3_latin")
	if err != nil {
		t.Fatal(err)
	}
	in := model.Tensor{Shape: []int{1, 3, 48, 160}, Data: make([]float32, 3*48*160)}
	for i := range in.Data {
		in.Data[i] = float32(i%255)/127.5 - 1
	}
	want, err := n.Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Shape) != 3 || want.Shape[1] != 20 {
		t.Fatalf("shape %v, want one step for every eight columns", want.Shape)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got, err := n.Run(t.Context(), in)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range got.Data {
				if got.Data[i] != want.Data[i] {
					t.Error("concurrent runs differ")
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestRunRefusesAWrongShape(t *testing.T) {
	n, err := open(t).Load("ppocr3_latin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Run(t.Context(), model.Tensor{Shape: []int{1, 1, 4, 4}, Data: make([]float32, 16)}); err == nil {
		t.Error("a picture of one channel was accepted by a network of three")
	}
	if _, err := n.Run(t.Context(), model.Tensor{Shape: []int{1, 3, 48, 160}, Data: make([]float32, 7)}); err == nil {
		t.Error("too few numbers were accepted")
	}
}

func TestRunStopsWaiting(t *testing.T) {
	n, err := open(t).Load("ppocr3_latin")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// A free slot and a cancelled context are a fair draw; either is right.
	if _, err := n.Run(ctx, model.Tensor{Shape: []int{1, 3, 48, 160}, Data: make([]float32, 3*48*160)}); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestMissingFiles(t *testing.T) {
	if _, err := model.Open(t.TempDir(), 1); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := open(t).Load("none"); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("a missing model: %v", err)
	}
}
