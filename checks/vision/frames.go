package vision

import (
	"slices"
	"strings"

	"github.com/pyguard/pyguardml/ast"
	"github.com/pyguard/pyguardml/checks"
	"github.com/pyguard/pyguardml/fix"
	"github.com/pyguard/pyguardml/internal/models"
)

// pickledFrame is PML3115.
var pickledFrame = &checks.Rule{
	Spec:  infoPML3115,
	From:  []checks.Label{models.User, models.Upload, models.Web, models.Database},
	Into:  []checks.SinkKind{models.Deserialize},
	On:    []string{"zmq.{Context().socket(),Context.instance().socket(),Socket(),asyncio.Context().socket(),asyncio.Context.instance().socket(),asyncio.Socket()}.recv_pyobj", "?.recv_pyobj"},
	Knows: slices.Concat([]string{"hmac.compare_digest", "PIL.Image.fromarray", "torch.nn.Module()", "torch.nn.Module().forward"}, checks.UnpickleBytes, checks.UnpickleFile, checks.UnpicklePath),
	OnCall: func(p *checks.Pass, c *checks.Call) {
		if uses := pictureUses(c); uses != nil {
			p.Report(checks.Report{Node: c.Node, Fix: decodeFrame(p, c, uses)})
		}
	},
	OnFlow: func(p *checks.Pass, path *checks.Path) {
		c := path.Call
		if c == nil || !networkSource(path.Mark.Source()) || !runsPickle(c) || checks.Restricted(c) || path.Trace.Passes(models.StepIntoFile) || checks.DigestCompared(path) {
			return
		}
		if uses := pictureUses(c); uses != nil {
			p.Report(checks.Report{Node: c.Node, Path: path, Fix: decodeFrame(p, c, uses)})
		}
	},
}

// networks are where bytes come from that anybody who reaches a port or a broker can send.
var networks = []string{
	"socket", "socketserver", "asyncio", "zmq", "websockets", "websocket", "simple_websocket", "starlette.websockets", "aiohttp.web.WebSocketResponse", "quart.websocket", "tornado.websocket", "channels", "paho.mqtt",
	"kafka", "aiokafka", "confluent_kafka", "faust", "pika", "aio_pika", "nats", "redis", "aioredis",
}

func networkSource(s *checks.Symbol) bool { return s != nil && slices.ContainsFunc(networks, s.Under) }

// runsPickle reports whether a call runs the program in what it loads.
func runsPickle(c *checks.Call) bool {
	if c.Symbol.Is("numpy.load") {
		a := c.Arg(2, "allow_pickle")
		return a != nil && checks.On(a.Value)
	}
	return checks.Unpickles(c)
}

// pictureUses lists the calls that are given what a call gives, or a part of it, as a picture.
func pictureUses(c *checks.Call) []*checks.Call {
	var out []*checks.Call
	for _, f := range c.Frame.Everywhere() {
		for _, o := range f.Calls {
			if !takesPicture(o) {
				continue
			}
			for i := range o.Args {
				if a := &o.Args[i]; a.Node != nil && !a.Unpacked && comesOf(f, a.Node, c, a.Pos == 0) {
					out = append(out, o)
					break
				}
			}
		}
	}
	return out
}

// comesOf reports whether an expression is what a call gives, or a part of it; with computed also whether it is made of it.
func comesOf(f *checks.Frame, e ast.Expr, c *checks.Call, computed bool) bool {
	for in := range f.MadeOf(e) {
		if in.Call != nil && in.Call.Node == c.Node && (in.Whole || computed) {
			return true
		}
	}
	return false
}

// takesPicture reports whether a call does something with a picture that it is given.
func takesPicture(c *checks.Call) bool {
	if class := c.Callee.Class(); class != nil && isModule(class) {
		return true
	}
	name := c.Callee.Name()
	switch first, _, _ := strings.Cut(name, "."); {
	case first == "cv2":
		return name != "cv2.waitKey" && name != "cv2.namedWindow"
	case slices.Contains(detectors, first):
		return true
	}
	return c.Symbol.Is("PIL.Image.fromarray", "torch.nn.Module()", "torch.nn.Module().forward")
}

// detectors are the packages whose calls find or recognise something in a picture.
var detectors = []string{"ultralytics", "face_recognition", "mediapipe", "deepface", "mtcnn", "facenet_pytorch", "retinaface", "dlib", "insightface", "supervision"}

// decodeFrame reads a frame that was encoded as a picture; nil where what was unpickled is more than a frame.
func decodeFrame(p *checks.Pass, c *checks.Call, uses []*checks.Call) *fix.Fix {
	if !p.Holds(c.Node) || c.Partial {
		return nil
	}
	if c.Symbol.Is("numpy.load") {
		return checks.SetConstant(p, c, c.Arg(2, "allow_pickle"), "False")
	}
	decoded := false // the program decodes what it unpickles
	for _, o := range uses {
		for i := range o.Args {
			a := &o.Args[i]
			if a.Node == nil {
				continue
			}
			for in := range o.Frame.MadeOf(a.Node) {
				if in.Call != nil && in.Call.Node == c.Node && in.Whole && len(in.Steps) > 0 {
					return nil // an entry of a record
				}
			}
		}
		decoded = decoded || o.Symbol.Is("cv2.imdecode")
	}
	var node ast.Node = c.Node
	text := ""
	if a := checks.LoadedArg(c); a != nil && a.Node != nil && !a.Unpacked && p.Holds(a.Node) {
		text = p.File.Text(a.Node)
		if checks.UnpicklesFile(c) {
			text += ".read()"
		}
	} else if fn, ok := c.Node.Fn.(*ast.Attribute); ok && fn.Attr.Id == "recv_pyobj" {
		text = p.File.Text(fn.Value) + ".recv()"
		if around := p.Around(c.Node); len(around) > 1 {
			if await, ok := around[len(around)-2].(*ast.Await); ok {
				node, text = await, "await "+text
			}
		}
	}
	if text == "" {
		return nil
	}
	read, numpy := fix.Reach(p.File, "numpy.frombuffer", "import numpy as np", fix.InSection)
	kind, _ := fix.Reach(p.File, "numpy.uint8", "import numpy as np", fix.InSection)
	text = read + "(" + text + ", dtype=" + kind + ")"
	if decoded {
		return checks.Fix(true, "read the bytes of the picture", checks.Replace(p, node, text), numpy)
	}
	decode, cv2 := fix.Reach(p.File, "cv2.imdecode", "import cv2", fix.InSection)
	color, _ := fix.Reach(p.File, "cv2.IMREAD_COLOR", "import cv2", fix.InSection)
	return checks.Fix(true, "decode the frame as a picture", checks.Replace(p, node, decode+"("+text+", "+color+")"), fix.JoinImports(cv2, numpy))
}
