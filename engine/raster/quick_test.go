package raster
import ("testing";"os";"os/exec";"fmt")
func TestQuick(t *testing.T){
	big := scene(8064,6048)
	b,_ := big.JPEG(85); os.WriteFile("/tmp/fx/b48.jpg", b, 0600)
	fmt.Println(exec.Command("heif-enc","-q","30","/tmp/fx/b48.jpg","-o","/tmp/fx/b48.heic").Run())
}
func TestQuick2(t *testing.T){
	b, _ := os.ReadFile("/tmp/fx/b48.heic")
	fmt.Println(heifWork(b))
	p, err := shared.Decode(t.Context(), b, Limits{Time: 200e9})
	if err != nil { fmt.Println(err); return }
	fmt.Println(p[0].W, p[0].H, p[0].Width, p[0].Scale, peak(t))
	near(t, "x", p[0].Image, scene(p[0].W,p[0].H), 3, 3, 60)
	for _, f := range []string{"gray","test","test8","test12"} {
		b, _ := os.ReadFile("/root/go/pkg/mod/github.com/gen2brain/heic@v0.4.5/testdata/"+f+".heic")
		p, err := shared.Decode(t.Context(), b, Limits{Time: 200e9})
		fmt.Println(f, len(p), err)
	}
}
