package forgery

import (
	"context"
	"strings"
)

// generated finds what programs that draw pictures leave behind: IPTC's digital
// source type "trainedAlgorithmicMedia" and its relatives
// (cv.iptc.org/newscodes/digitalsourcetype) in XMP or in a C2PA manifest, the
// text chunks of diffusion programs ("parameters", "prompt", "workflow"), and
// their names as software. Absence means nothing: one saving drops all of it.
// Cost: a search through the file's first megabyte.
func generated(_ context.Context, e *Evidence) (Finding, error) {
	c := e.container()
	if c.format == "pdf" {
		return Finding{}, skipError("a PDF is looked at by its own detector")
	}
	const text = "The file says that a program generated it."
	head := c.xmp
	if c.contentCredentials {
		head += string(e.Data[:min(len(e.Data), 1<<20)])
	}
	for _, m := range []string{"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic", "algorithmicMedia"} {
		if strings.Contains(head, m) {
			return Finding{Value: 1, Description: text, Metadata: map[string]any{"digital_source_type": m}}, nil
		}
	}
	for key, marks := range map[string][]string{
		"parameters":        {"steps:", "sampler:"},
		"prompt":            {"ksampler", "class_type"},
		"workflow":          {"nodes", "links"},
		"invokeai_metadata": {""},
		"sd-metadata":       {""},
		"dream":             {""},
		"generation_data":   {""},
		"invokeai_graph":    {""},
		"fooocus_scheme":    {""},
		"stealth_pnginfo":   {""},
		"comment":           {"\"sampler\"", "\"steps\""},
		"civitai metadata":  {""},
		"aigc":              {""},
	} {
		if s, ok := c.texts[key]; ok {
			s, all := strings.ToLower(s), true
			for _, m := range marks {
				all = all && strings.Contains(s, m)
			}
			if all {
				return Finding{Value: 1, Description: text, Metadata: map[string]any{"chunk": key}}, nil
			}
		}
	}
	for _, s := range c.software {
		if n := named(s, software().Generators); n != "" {
			return Finding{Value: 1, Description: text, Metadata: map[string]any{"program": n}}, nil
		}
	}
	return Finding{Metadata: map[string]any{"content_credentials": c.contentCredentials}}, nil
}
